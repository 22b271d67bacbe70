using System.Text;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>A module's bytes, ready for <c>insmod</c>.</summary>
/// <param name="Name">As the kernel prints it.</param>
public sealed record KernelModule(string Name, byte[] Content)
{
    /// <summary><c>nvme_core</c> for <c>…/nvme-core.ko.xz</c>: the kernel turns dashes into underscores.</summary>
    public static string NameOf(string file)
    {
        string name = Path.GetFileName(file);
        return name[..name.IndexOf(".ko", StringComparison.Ordinal)].Replace('-', '_');
    }

    /// <summary>The modules and all that they depend on, each after its dependencies.</summary>
    /// <exception cref="ArgumentException">The kernel ships no module of that name.</exception>
    /// <remarks>
    /// modules.dep is made by depmod when the package is installed, and this one is not: so read what depmod reads, the
    /// <c>depends=</c> of .modinfo.
    /// </remarks>
    public static async Task<IReadOnlyList<KernelModule>> InLoadOrderAsync(StockKernel kernel, IEnumerable<string> names)
    {
        var ordered = new List<KernelModule>();
        var seen = new HashSet<string>();
        foreach (string name in names) { await AddAsync(name); }
        return ordered;

        async Task AddAsync(string name)
        {
            if (!seen.Add(name)) { return; }
            if (!kernel.ModuleFiles.TryGetValue(name, out string? file))
            {
                throw new ArgumentException($"{kernel.Release} ships no module {name}");
            }

            var module = new KernelModule(name, await ReadAsync(file));
            foreach (string dependency in module.Dependencies()) { await AddAsync(dependency); }
            ordered.Add(module);
        }
    }

    private static async Task<byte[]> ReadAsync(string file)
    {
        if (file.EndsWith(".ko", StringComparison.Ordinal)) { return await File.ReadAllBytesAsync(file); }
        string applet = Path.GetExtension(file) == ".xz"
            ? "xzcat"
            : throw new NotSupportedException($"{file}: only .ko and .ko.xz are known");
        return (await HostTool.RunAsync(Busybox.Find(), [applet, file], TimeSpan.FromMinutes(1))).Succeeded().Output;
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
