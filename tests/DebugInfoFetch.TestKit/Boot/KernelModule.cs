using System.Text;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>A module's bytes, ready for <c>insmod</c>.</summary>
/// <param name="Name">As the kernel prints it.</param>
public sealed record KernelModule(string Name, byte[] Content)
{
    /// <summary>The modules and all that they depend on, each after its dependencies.</summary>
    /// <exception cref="ArgumentException">The kernel ships no module of that name.</exception>
    /// <remarks>
    /// modules.dep is made by depmod when the package is installed, and this one is not: so read what depmod reads, the
    /// <c>depends=</c> of .modinfo.
    /// </remarks>
    public static IReadOnlyList<KernelModule> InLoadOrder(StockKernel kernel, IEnumerable<string> names)
    {
        var ordered = new List<KernelModule>();
        var seen = new HashSet<string>();
        foreach (string name in names) { Add(name); }
        return ordered;

        void Add(string name)
        {
            if (!seen.Add(name)) { return; }
            if (!kernel.ModuleFiles.TryGetValue(name, out string? file))
            {
                throw new ArgumentException($"{kernel.Release} ships no module {name}");
            }

            var module = new KernelModule(name, File.ReadAllBytes(file));
            foreach (string dependency in module.Dependencies()) { Add(dependency); }
            ordered.Add(module);
        }
    }

    private string[] Dependencies()
    {
        // .modinfo is a run of NUL-terminated "key=value" strings (include/linux/moduleparam.h, __MODULE_INFO).
        ReadOnlySpan<byte> content = Content;
        ReadOnlySpan<byte> key = "\0depends="u8;
        int at = content.IndexOf(key);
        if (at < 0) { return []; }
        ReadOnlySpan<byte> value = content[(at + key.Length)..];
        return Encoding.ASCII.GetString(value[..value.IndexOf((byte)0)])
            .Replace('-', '_')
            .Split(',', StringSplitOptions.RemoveEmptyEntries);
    }
}
