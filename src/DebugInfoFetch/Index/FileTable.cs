namespace DebugInfoFetch.Index;

/// <summary>Every source file once, by number, relative to the source tree's root. Number 0 is "unknown".</summary>
internal sealed class FileTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal) { [""] = 0 };
    private readonly List<string> _paths = [""];
    private int _drained = 1;

    public int Intern(string path)
    {
        lock (_lock)
        {
            if (_ids.TryGetValue(path, out int id)) { return id; }
            id = _paths.Count;
            _paths.Add(path);
            _ids.Add(path, id);
            return id;
        }
    }

    /// <summary>Takes up the files of an index that is added to, from number 1 on. The sink has them.</summary>
    public void Restore(string[] paths)
    {
        foreach (string path in paths) { Intern(path); }
        _drained = _paths.Count;
    }

    public void Drain(ITypeSink sink)
    {
        (int, string)[] added;
        lock (_lock)
        {
            added = new (int, string)[_paths.Count - _drained];
            for (int i = 0; i < added.Length; i++) { added[i] = (_drained + i, _paths[_drained + i]); }
            _drained = _paths.Count;
        }

        sink.AddFiles(added);
    }

    /// <summary>A recorded name relative to the source tree: without the build directory in front, without <c>./</c> and <c>x/../</c>.</summary>
    public static string Normalize(string path, string compilationDirectory)
    {
        if (compilationDirectory.Length > 0 && path.Length > compilationDirectory.Length && path[compilationDirectory.Length] == '/'
            && path.StartsWith(compilationDirectory, StringComparison.Ordinal))
        {
            path = path[(compilationDirectory.Length + 1)..];
        }

        if (!path.Contains("./", StringComparison.Ordinal)) { return path; }
        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] is not ("" or "..")) { parts.RemoveAt(parts.Count - 1); }
            else if (part != ".") { parts.Add(part); }
        }

        // A build outside the source tree names its sources ../../../fs/x.c: the tree's root is where the dots end.
        while (parts.Count > 1 && parts[0] == "..") { parts.RemoveAt(0); }
        return string.Join('/', parts);
    }
}
