using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>
/// The root file system of the virtual machine: busybox, modules, programs of this machine with their libraries, files, and
/// <c>/init</c>, which is <see cref="Prologue"/> and the test's own script.
/// </summary>
public sealed partial class InitramfsBuilder
{
    /// <summary>
    /// Results leave the machine by a virtio port: a serial line takes seconds a megabyte when emulated, and the kernel's messages would mix in. A script that fails ends there, and its status is reported.
    /// </summary>
    private const string Prologue =
        """
        #!/bin/sh
        set -eu
        section() { printf '\n@section %s\n' "$1" >&3; }
        finish() { status=$?; section exit; echo "$status" >&3; /bin/busybox poweroff -f; }
        exec 3>/dev/null
        trap finish EXIT
        /bin/busybox --install -s /bin
        mount -t proc proc /proc
        mount -t sysfs sysfs /sys
        mount -t devtmpfs devtmpfs /dev
        mount -t tracefs tracefs /sys/kernel/tracing
        for module in $(cat /modules/order); do insmod "/modules/$module.ko"; done
        # The port appears when QEMU has answered the driver.
        until [ -e /dev/vport0p1 ]; do usleep 10000; done
        exec 3>/dev/vport0p1
        cd /sys/kernel/tracing

        """;

    private readonly ArrayBufferWriter<byte> _archive = new();
    private readonly NewcWriter _writer;
    private readonly HashSet<string> _libraries = [];

    public InitramfsBuilder()
    {
        _writer = new NewcWriter(_archive);
        foreach (string mountPoint in (string[])["proc", "sys", "dev", "tmp", "mnt"]) { _writer.AddDirectory(mountPoint); }
        _writer.AddFile("bin/busybox", File.ReadAllBytes(HostTool.Busybox), isProgram: true);
        _writer.AddSymbolicLink("bin/sh", "busybox");
    }

    /// <summary>Modules that are loaded before the script starts, in this order. Call it once.</summary>
    public InitramfsBuilder AddModules(IReadOnlyList<KernelModule> inLoadOrder)
    {
        foreach (KernelModule module in inLoadOrder) { AddFile($"modules/{module.Name}.ko", module.Content); }
        return AddFile("modules/order", Encoding.ASCII.GetBytes(string.Join('\n', inLoadOrder.Select(module => module.Name))));
    }

    /// <summary>A program of this machine, found in <c>/bin</c> there, with the libraries that <c>ldd</c> names.</summary>
    public InitramfsBuilder AddProgram(string program)
    {
        _writer.AddFile($"bin/{Path.GetFileName(program)}", File.ReadAllBytes(program), isProgram: true);
        ToolResult ldd = ToolRun.Run(HostTool.Find("ldd", "libc-bin"), [program]).OrThrow();
        foreach (Match library in LibraryPath().Matches(ldd.Output))
        {
            string path = library.Groups["path"].Value;
            if (_libraries.Add(path)) { _writer.AddFile(path.TrimStart('/'), File.ReadAllBytes(path), isProgram: true); }
        }

        return this;
    }

    public InitramfsBuilder AddFile(string path, ReadOnlySpan<byte> content)
    {
        _writer.AddFile(path, content);
        return this;
    }

    /// <summary>The archive. The script writes results to descriptor 3, parted by <c>section NAME</c>, and starts in tracefs.</summary>
    public byte[] Build(string script)
    {
        _writer.AddFile("init", Encoding.UTF8.GetBytes(Prologue + script), isProgram: true);
        _writer.Finish();
        return _archive.WrittenSpan.ToArray();
    }

    [GeneratedRegex(@"(?:=>\s*|^\s*)(?<path>/\S+) \(0x", RegexOptions.Multiline)]
    private static partial Regex LibraryPath();
}
