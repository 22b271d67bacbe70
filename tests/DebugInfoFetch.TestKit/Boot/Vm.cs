using System.Diagnostics;

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
    public static async Task<VmResult> RunAsync(StockKernel kernel, byte[] initramfs, TimeSpan timeLimit, int megabytes = 1024)
    {
        string qemu = HostTool.Find("qemu-system-x86_64", "qemu-system-x86");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("dbgfetch-boot-");
        try
        {
            string archive = Path.Combine(directory.FullName, "initramfs.cpio");
            string results = Path.Combine(directory.FullName, "results");
            string console = Path.Combine(directory.FullName, "console");
            await File.WriteAllBytesAsync(archive, initramfs);

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
                // Expedited RCU: each removal of a probe waits for a grace period.
                "-append", "console=ttyS0 loglevel=4 panic=-1 rcupdate.rcu_expedited=1",
            ];

            long started = Stopwatch.GetTimestamp();
            string fault = "";
            try
            {
                ToolResult ended = await HostTool.RunAsync(qemu, arguments, timeLimit);
                if (ended.ExitStatus != 0) { fault = $"QEMU: exit status {ended.ExitStatus}: {ended.Error}"; }
            }
            catch (TimeoutException)
            {
                fault = $"still running after {timeLimit.TotalSeconds:0} s";
            }

            VmResult result = VmResult.Parse(await ReadAsync(results), Stopwatch.GetElapsedTime(started));
            if (fault.Length == 0) { fault = result.Fault; }
            if (fault.Length == 0) { return result; }
            IEnumerable<string> tail = (await ReadAsync(console)).Split('\n').TakeLast(ConsoleLinesShown);
            throw new VmException($"{kernel.Release} in QEMU: {fault}; the console's last lines:\n{string.Join('\n', tail)}");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task<string> ReadAsync(string file) => File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
}
