namespace DebugInfoFetch.Index.Model;

/// <summary>Of a kernel that is indexed in part, "not there" means less.</summary>
public static class IndexedPart
{
    private const int ListedAtMost = 8;

    /// <summary>What is indexed, and the command that indexes more; a line. Null for a kernel that is there as a whole.</summary>
    public static string? Hint(IKernelModel model)
    {
        if (model.Kernel.IsComplete) { return null; }
        string[] names = [.. model.Modules.Where(m => m.IsIndexed).Select(m => m.Name)];
        string quick = model.Kernel.IsFromBtf ? " --quick" : "";
        return $"indexed of {model.Kernel.Release}: {string.Join(", ", names.Take(ListedAtMost))}{(names.Length > ListedAtMost ? ", …" : "")}; "
            + $"more: dbgfetch fetch{quick} --kernel {model.Kernel.Release} --module {(names.Contains("vmlinux") ? "NAME" : "vmlinux|NAME")}, all of it: without --module";
    }
}
