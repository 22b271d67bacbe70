using System.Text;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>A module's bytes, ready for <c>insmod</c>.</summary>
/// <param name="Name">As the kernel prints it.</param>
public sealed record KernelModule(string Name, byte[] Content)
{
    /// <summary>What the machine's results leave it by, where the kernel has that not built in.</summary>
    private static readonly string[] s_transport = ["virtio_pci", "virtio_console"];

    /// <summary>The modules and all that they depend on, each after its dependencies; first of all what <see cref="Vm"/> itself needs.</summary>
    /// <exception cref="ArgumentException">The kernel ships no module of that name.</exception>
    /// <remarks>
    /// modules.dep is made by depmod when the package is installed, and this one is not: so read what depmod reads, the
    /// <c>depends=</c> of .modinfo. <c>softdep=pre:</c> names what the module asks the kernel for by itself, which has no modprobe here.
    /// </remarks>
    public static IReadOnlyList<KernelModule> InLoadOrder(StockKernel kernel, IEnumerable<string> names)
    {
        var ordered = new List<KernelModule>();
        var seen = new HashSet<string>();
        foreach (string name in s_transport.Where(kernel.HasModule).Concat(names)) { Add(name); }
        return ordered;

        void Add(string name)
        {
            if (!seen.Add(name)) { return; }
            var module = new KernelModule(name, kernel.ReadModule(name));
            foreach (string dependency in module.Values("depends").SelectMany(value => value.Split(','))) { Add(dependency.Replace('-', '_')); }
            // Of an algorithm ("crc32c") the module is one of several; the generic one needs no particular processor.
            IEnumerable<string> soft = module.Values("softdep").Where(value => value.StartsWith("pre: ", StringComparison.Ordinal)).SelectMany(value => value[5..].Split(' '));
            foreach (string dependency in soft.SelectMany(wanted => (string[])[wanted.Replace('-', '_'), $"{wanted}_generic"]).Where(kernel.HasModule)) { Add(dependency); }
            ordered.Add(module);
        }
    }

    /// <summary>.modinfo is a run of NUL-terminated "key=value" strings (include/linux/moduleparam.h, __MODULE_INFO).</summary>
    private List<string> Values(string key)
    {
        var values = new List<string>();
        ReadOnlySpan<byte> rest = Content, start = Encoding.ASCII.GetBytes($"\0{key}=");
        for (int at; (at = rest.IndexOf(start)) >= 0;)
        {
            rest = rest[(at + start.Length)..];
            ReadOnlySpan<byte> value = rest[..rest.IndexOf((byte)0)];
            if (!value.IsEmpty) { values.Add(Encoding.ASCII.GetString(value)); }
        }

        return values;
    }
}
