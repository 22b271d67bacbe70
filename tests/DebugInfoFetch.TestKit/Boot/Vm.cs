using DebugInfoFetch.TestKit.Oracles;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>Boots a kernel with an initramfs in QEMU's own emulation (no KVM, no root) and returns what its script reported.</summary>
public static class Vm
{
    private const int ConsoleLinesShown = 60;

    /// <param name="megabytes">Memory of the machine.</param>
    /// <returns>The sections that the script wrote.</returns>
    /// <exception cref="VmException">
    /// It did not end in <paramref name="timeLimit"/>, the kernel panicked, or the script failed; the message holds the console's tail.
    /// </exception>
    public static VmResult Run(StockKernel kernel, byte[] initramfs, TimeSpan timeLimit, int megabytes = 1024)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("dbgfetch-boot-");
        try
        {
            string archive = Path.Combine(directory.FullName, "initramfs.cpio");
            string results = Path.Combine(directory.FullName, "results");
            string console = Path.Combine(directory.FullName, "console");
            File.WriteAllBytes(archive, initramfs);

            string[] arguments =
            [
                "-accel", "tcg",
                // QEMU 7.2 emulates cmpxchg16b unsoundly: the kernel must not find it.
                "-cpu", "Nehalem,-cx16",
                "-m", $"{megabytes}", "-nodefaults", "-display", "none", "-no-reboot",
                "-serial", $"file:{console}",
                "-chardev", $"file,id=results,path={results}",
                "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=results",
                "-kernel", kernel.Image, "-initrd", archive,
                // Expedited RCU: each removal of a probe waits for a grace period. On a busy host the emulated timer fails the kernel's own check at boot.
                "-append", "console=ttyS0 loglevel=4 panic=-1 rcupdate.rcu_expedited=1 no_timer_check",
            ];

            string fault = "";
            try
            {
                ToolResult ended = ToolRun.Run(HostTool.Qemu, arguments, limit: timeLimit);
                if (ended.ExitCode != 0) { fault = $"QEMU: exit status {ended.ExitCode}: {ended.Error}"; }
            }
            catch (TimeoutException)
            {
                fault = $"still running after {timeLimit.TotalSeconds:0} s";
            }

            VmResult result = VmResult.Parse(Read(results));
            if (fault.Length == 0) { fault = result.Fault; }
            if (fault.Length == 0) { return result; }
            IEnumerable<string> tail = Read(console).Split('\n').TakeLast(ConsoleLinesShown);
            throw new VmException($"{kernel.Release} in QEMU: {fault}; the console's last lines:\n{string.Join('\n', tail)}");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string Read(string file) => File.Exists(file) ? File.ReadAllText(file) : "";
}
