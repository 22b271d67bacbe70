using System.Buffers.Binary;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Unpack;

namespace DebugInfoFetch.Debuginfod;

/// <summary>The kernel that runs on this machine tells its build IDs: <c>/sys/kernel/notes</c>, and <c>/sys/module/NAME/notes</c> of what is loaded.</summary>
/// <param name="root">In the place of <c>/</c>.</param>
public sealed class RunningKernel(string root = "/")
{
    private const uint GnuBuildId = 3;
    // Notes of kernels are some hundred bytes.
    private const int MostNotes = 1 << 16;

    /// <summary>What is read, for a person.</summary>
    public const string Place = "/sys/kernel/notes";

    /// <param name="modules">In the kernel's spelling; <c>vmlinux</c> is told always.</param>
    /// <returns>Null when another kernel runs here.</returns>
    public KernelBuildIds? BuildIds(KernelRelease release, IEnumerable<string> modules)
    {
        if (Read("proc/sys/kernel/osrelease") is not { } running || System.Text.Encoding.UTF8.GetString(running).Trim() != release.UnameText) { return null; }
        var ids = new Dictionary<string, BuildId>(StringComparer.Ordinal);
        foreach (string module in modules.Append("vmlinux").Distinct())
        {
            // The name becomes a path.
            string file = module == "vmlinux" ? "sys/kernel/notes" : $"sys/module/{KernelPackageLayout.ModuleName(module)}/notes/.note.gnu.build-id";
            if (!module.Contains('/', StringComparison.Ordinal) && Read(file) is { } notes && BuildIdOf(notes) is { } id) { ids.Add(module, id); }
        }

        return ids.ContainsKey("vmlinux") ? new KernelBuildIds("the kernel that runs here", ids) : null;
    }

    private byte[]? Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(Path.Combine(root, path));
            byte[] content = new byte[MostNotes];
            return content[..file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // gABI: name size, description size, type; name and description each padded to 4 bytes. In the byte order of this machine.
    private static BuildId? BuildIdOf(ReadOnlySpan<byte> notes)
    {
        while (notes.Length >= 12)
        {
            uint nameSize = Number(notes), size = Number(notes[4..]), type = Number(notes[8..]);
            notes = notes[12..];
            if (nameSize > MostNotes || size > MostNotes) { return null; }
            int description = (int)((nameSize + 3) & ~3u), end = description + (int)((size + 3) & ~3u);
            if (end > notes.Length) { return null; }
            if (type == GnuBuildId && notes[..(int)nameSize].SequenceEqual("GNU\0"u8))
            {
                return BuildId.TryParse(Convert.ToHexStringLower(notes.Slice(description, (int)size)), out BuildId id) ? id : null;
            }

            notes = notes[end..];
        }

        return null;
    }

    private static uint Number(ReadOnlySpan<byte> bytes)
        => BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
