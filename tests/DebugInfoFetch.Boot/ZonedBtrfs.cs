using System.Text;
using DebugInfoFetch.TestKit.Boot;

namespace DebugInfoFetch.Boot;

/// <summary>
/// The reporter's machine of the story: a btrfs on a zoned block device (null_blk, 16 zones of 128 MiB), probed while files are written
/// and deleted.
/// </summary>
internal static class ZonedBtrfs
{
    public const long ZoneBytes = 128L << 20;

    /// <summary>Bytes of a btrfs sector here: null_blk's block size.</summary>
    public const long SectorBytes = 4096;

    /// <summary>What the script writes and deletes: three rounds of four files of 1 MiB.</summary>
    public const long DeletedBytes = 3 * 4 * (1L << 20);

    /// <summary>
    /// Freed extents are what <c>__btrfs_add_free_space_zoned</c> is told of: data of deleted files, and the tree blocks that each commit
    /// leaves behind. The trace is read after the probe is off (KPROBES.md §6).
    /// </summary>
    private const string Script =
        """
        section definition
        while IFS= read -r line; do
            echo "$line" >>kprobe_events || { cat error_log >/dev/console; exit 1; }
        done </definition

        section device
        mount -t configfs configfs /sys/kernel/config
        device=/sys/kernel/config/nullb/zoned
        mkdir "$device"
        echo 4096 >"$device/blocksize"
        echo 2048 >"$device/size"
        echo 1 >"$device/zoned"
        echo 128 >"$device/zone_size"
        echo 1 >"$device/memory_backed"
        echo 1 >"$device/power"
        cat /sys/block/zoned/queue/zoned >&3
        mkfs.btrfs -O zoned -d single -m single /dev/zoned >/dev/console
        mount -t btrfs /dev/zoned /mnt

        section work
        echo 1 >"$(echo events/*/myprobe)/enable"
        for round in 1 2 3; do
            for file in 1 2 3 4; do dd if=/dev/zero of="/mnt/$file" bs=64k count=16 2>/dev/null; done
            sync
            rm /mnt/*
            sync
        done
        umount /mnt
        echo 0 >"$(echo events/*/myprobe)/enable"

        section trace
        cat trace >&3
        """;

    /// <summary>Boots the kernel, writes the definition, works, and returns what the probe recorded.</summary>
    /// <param name="definition">One or more lines that define the event <c>myprobe</c>.</param>
    public static IReadOnlyList<ZonedFreeSpace> Trace(StockKernel kernel, string definition)
    {
        InitramfsBuilder initramfs = new InitramfsBuilder()
            .AddModules(KernelModule.InLoadOrder(kernel, ["btrfs", "null_blk"]))
            .AddFile("definition", Encoding.UTF8.GetBytes(definition + '\n'))
            .AddProgram(HostTool.Find("mkfs.btrfs", "btrfs-progs"));

        VmResult result = Vm.Run(kernel, initramfs.Build(Script), TimeSpan.FromMinutes(3));
        Assert.Equal(["host-managed"], result["device"]);
        return [.. result["trace"].Where(line => !line.StartsWith('#')).Select(ZonedFreeSpace.Parse)];
    }
}
