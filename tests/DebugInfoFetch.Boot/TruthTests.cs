using System.Text;
using DebugInfoFetch.TestKit.Boot;
using Xunit.Abstractions;

namespace DebugInfoFetch.Boot;

/// <summary>What the lines print is what was done: a booted kernel is made to call functions with values that nobody else would pass.</summary>
public sealed class TruthTests(ITestOutputHelper output)
{
    private const string Release = "6.12-amd64";

    /// <summary>Numbers and names are the script's own: 4321 bytes, uid 123, a host called truthhost.</summary>
    private static readonly Truth[] s_truths =
    [
        // files: sizes, offsets, names
        new("vfs_write", "count name=file->f_path.dentry->d_name.name:string *pos", "count=4321 name=\"truth.bin\" pos_0=0", "count=4321 name=\"truth.bin\" pos_0=4321", "count=4321 pos_0=8642"),
        new("vfs_write", "count file:%pD", "count=4321 file=\"truth.bin\""),
        new("ksys_write", "$params", "count=4321"),
        new("vfs_read", "count file:%pD", "count=1234 file=\"truth.bin\""),
        new("btrfs:btrfs_file_llseek", "offset whence", "offset=2468 whence=1"),
        new("do_truncate", "length name=dentry->d_name.name:string", "length=777777 name=\"truth.bin\""),
        new("btrfs:btrfs_setattr", "size=attr->ia_size", "size=777777"),
        new("vfs_mkdir", "name=dentry->d_name.name:string", "name=\"truthdir\""),
        new("btrfs:btrfs_mkdir", "name=dentry->d_name.name:string", "name=\"truthdir\""),
        new("vfs_rename", "old=rd->old_dentry->d_name.name:string new=rd->new_dentry->d_name.name:string flags=rd->flags", "old=\"truth.bin\" new=\"renamed.bin\" flags=0"),
        new("vfs_symlink", "oldname name=dentry->d_name.name:string", "oldname=\"target-of-the-link\" name=\"soft\""),
        new("btrfs:btrfs_symlink", "symname", "symname=\"target-of-the-link\""),
        new("vfs_link", "old=old_dentry->d_name.name:string new=new_dentry->d_name.name:string", "old=\"renamed.bin\" new=\"hard\""),
        new("chmod_common", "mode", "mode=416"),
        new("chown_common", "user group", "user=123 group=456"),
        new("vfs_mknod", "dev mode:x16", "dev=5242957"),
        new("vfs_utimes", "sec=times->tv_sec", "sec=1000000000"),
        new("vfs_unlink", "name=dentry->d_name.name:string", "name=\"hard\""),
        new("vfs_rmdir", "name=dentry->d_name.name:string", "name=\"truthdir\""),
        new("vfs_fsync_range", "start end datasync", "start=0 end=9223372036854775807 datasync=0"),
        new("vfs_fallocate", "mode offset len", "mode=0 offset=4096 len=65536"),
        new("do_filp_open", "name=pathname->name", "name=\"/mnt/renamed.bin\""),
        new("path_mount", "dev_name type_page", "dev_name=\"truthdev\" type_page=\"tmpfs\""),
        new("path_umount", "flags", "flags=2"),
        new("pipe_write", "count=from->count", "count=5"),
        new("urandom_read_iter", "count=iter->count", "count=333"),
        // devices
        new("blkdev_common_ioctl", "cmd arg", "cmd=4706 arg=512"),
        new("loop:lo_ioctl", "cmd", "cmd=19456"),
        // processes, time, sockets
        new("do_prlimit", "resource cur=new_rlim->rlim_cur", "resource=7 cur=777"),
        new("do_settimeofday64", "sec=ts->tv_sec", "sec=1700000000"),
        new("hrtimer_nanosleep", "rqtp", "rqtp=123456000"),
        new("do_send_sig_info", "sig name=p->comm", "sig=12"),
        new("set_user_nice", "nice pid=p->pid", "nice=7"),
        new("__sys_socket", "family type protocol", "family=2 type=3 protocol=1"),
        new("raw_sendmsg@net/ipv4/raw.c", "len family=sk->__sk_common.skc_family type=sk->sk_type protocol=sk->sk_protocol", "len=108 family=2 type=3 protocol=1"),
        // copies that the compiler made
        new("do_execveat_common", "name=filename->name", "name=\"/bin/true\""),
        new("__set_oom_adj", "oom_adj", "oom_adj=321"),
        new("find_entry@fs/proc/proc_sysctl.c", "name namelen", "name=\"core_pattern\" namelen=12"),
        new("btrfs:prepare_pages", "pos write_bytes", "pos=4321 write_bytes=4321", "pos=8642 write_bytes=4321"),
        new("link_path_walk", "name", "name=\"/mnt/renamed.bin\""),
        // returns, and what was passed
        new("vfs_write%return", "$retval count", "retval=4321 count=4321"),
        new("vfs_read%return", "$retval count", "retval=1234 count=1234"),
        new("btrfs:btrfs_file_llseek%return", "$retval offset whence", "retval=2468 offset=2468 whence=1"),
        new("do_filp_open%return", "name=$retval->f_path.dentry->d_name.name:string asked=pathname->name", "name=\"renamed.bin\" asked=\"/mnt/renamed.bin\""),
        new("chown_common%return", "$retval user group", "retval=0 user=123 group=456"),
        // globals, of the kernel and of modules; one CPU's
        new("vfs_write", "count release=@init_uts_ns.name.release node=@init_uts_ns.name.nodename", "count=4321 release=\"RELEASE\" node=\"truthhost\""),
        new("vfs_write", "count node=@init_uts_ns.name.nodename:x8[4] max=@pid_max timeout=@panic_timeout cpus=@nr_cpu_ids swap=@vm_swappiness",
            "count=4321 node={0x74,0x72,0x75,0x74} max=12345 timeout=-1 cpus=1 swap=37"),
        new("vfs_write", "count retries=@nvme_max_retries", "count=4321 retries=9"),
        new("vfs_write", "count pid=@pcpu_hot@cpu0.current_task->pid name=@pcpu_hot@cpu0.current_task->comm cpu=@runqueues@cpu0.cpu", "count=4321 pid=PID name=\"dd\" cpu=0"),
    ];

    /// <summary>Asked for with <c>--inlines</c>: these have no code of their own where they are met.</summary>
    private static readonly Truth[] s_inlined =
    [
        new("new_sync_write", "len at=*ppos name=filp->f_path.dentry->d_name.name:string", "len=4321 at=0 name=\"truth.bin\"", "len=4321 at=4321 name=\"truth.bin\"", "len=4321 at=8642"),
        new("new_sync_read", "len name=filp->f_path.dentry->d_name.name:string", "len=1234 name=\"truth.bin\""),
        new("file_start_write", "name=file->f_path.dentry->d_name.name:string", "name=\"truth.bin\""),
        new("do_sys_open", "name=filename:ustring", "name=\"/mnt/renamed.bin\"", "name=\"/dev/urandom\""),
    ];

    /// <summary>The trace is read after the probes are off (KPROBES.md §6).</summary>
    private const string Script =
        """
        section definitions
        while IFS= read -r line; do
            echo "$line" >>kprobe_events || { echo "$line" >&3; cat error_log >&3; }
        done </definitions

        section device
        truncate -s 134217728 /disk
        echo 37 >/proc/sys/vm/swappiness
        echo 12345 >/proc/sys/kernel/pid_max
        echo 9 >/sys/module/nvme_core/parameters/max_retries
        hostname truthhost
        ifconfig lo 127.0.0.1 up
        mkfs.btrfs /disk >/dev/console
        echo 16384 >buffer_size_kb

        section work
        # A command that fails shows by the values that nobody recorded.
        set +e
        exec 2>/dev/console
        echo 1 >events/kprobes/enable
        losetup /dev/loop0 /disk
        blockdev --setra 512 /dev/loop0
        mount -t btrfs /dev/loop0 /mnt
        dd if=/dev/zero of=/mnt/truth.bin bs=4321 count=3 conv=fsync
        dd if=/mnt/truth.bin of=/dev/null bs=1234 skip=2 count=1
        truncate -s 777777 /mnt/truth.bin
        mkdir /mnt/truthdir
        mv /mnt/truth.bin /mnt/renamed.bin
        ln -s target-of-the-link /mnt/soft
        ln /mnt/renamed.bin /mnt/hard
        chmod 0640 /mnt/renamed.bin
        chown 123:456 /mnt/renamed.bin
        mknod /mnt/node c 5 77
        TZ=UTC touch -d '2001-09-09 01:46:40' /mnt/renamed.bin
        fallocate -o 4096 -l 65536 /mnt/renamed.bin
        cat /mnt/renamed.bin >/dev/null
        rm /mnt/hard
        rmdir /mnt/truthdir
        mount -t tmpfs -o size=1234k truthdev /tmp
        umount -l /tmp
        printf 12345 | cat >/dev/null
        dd if=/dev/urandom of=/dev/null bs=333 count=1
        (ulimit -n 777)
        date -s @1700000000 >/dev/null
        usleep 123456
        (trap '' USR2; kill -USR2 $$) & wait
        sleep 1000 & sleeper=$!
        renice -n 7 -p $sleeper
        kill $sleeper
        echo 321 >/proc/self/oom_score_adj
        cat /proc/sys/kernel/core_pattern >/dev/null
        ping -c 1 -s 100 127.0.0.1 >/dev/null
        /bin/true
        echo 0 >events/kprobes/enable

        section trace
        cat trace >&3
        section profile
        cat kprobe_profile >&3
        """;

    [Fact]
    public void What_the_lines_print_is_what_was_done()
    {
        ReporterKernel kernel = ReporterKernel.Of(Release);
        Truth[] truths = [.. s_truths, .. s_inlined];
        IReadOnlyList<ProbeReply> replies =
        [
            .. kernel.Probe(s_truths.Select(truth => truth.ToString())),
            .. kernel.Probe(s_inlined.Select(truth => truth.ToString()), "--inlines"),
        ];
        Assert.All(replies, reply => Assert.True(reply.Reason is null, $"{reply.Function}: {reply.Reason}: {reply.Message}"));
        string[] definitions = [.. replies.SelectMany(reply => reply.Lines)];

        VmResult result = Trace(kernel, definitions);

        string defined = string.Join('\n', result["definitions"]);
        Assert.True(defined.Length == 0, $"not accepted:\n{defined}");
        ILookup<string, TraceRow> rows = result["trace"].Select(TraceRow.Parse).OfType<TraceRow>().ToLookup(row => row.Event);
        List<string> untrue = [];
        foreach ((Truth truth, ProbeReply reply) in truths.Zip(replies))
        {
            TraceRow[] recorded = [.. reply.Lines.SelectMany(line => rows[EventOf(line)])];
            output.WriteLine($"{recorded.Length,6} rows: {string.Join(" | ", reply.Lines)}");
            untrue.AddRange(truth.Expected.Select(expected => expected.Replace("RELEASE", kernel.Stock.Release, StringComparison.Ordinal))
                .Where(expected => !recorded.Any(row => row.Shows(expected)))
                .Select(expected => $"{truth}: no row shows {expected} among {recorded.Length}:\n    {string.Join("\n    ", reply.Lines.Concat(recorded.Take(12).Select(row => $"{row.Command}: {string.Join(' ', row.Fields)}")))}"));
        }

        Assert.True(untrue.Count == 0, $"{untrue.Count} values that were not recorded:\n{string.Join('\n', untrue)}");
        Assert.InRange(truths.Select(truth => truth.Function).Distinct().Count(), 40, int.MaxValue);
        Assert.InRange(definitions.Count(line => line.Split(' ')[1].Contains('.', StringComparison.Ordinal)), 5, int.MaxValue);
    }

    private static string EventOf(string definition) => definition.Split(' ')[0].Split(':')[1];

    private static VmResult Trace(ReporterKernel kernel, IEnumerable<string> definitions)
    {
        InitramfsBuilder initramfs = new InitramfsBuilder()
            .AddModules(KernelModule.InLoadOrder(kernel.Stock, ["btrfs", "loop", "nvme_core"]))
            .AddFile("definitions", Encoding.UTF8.GetBytes(string.Concat(definitions.Select(line => line + '\n'))))
            .AddProgram(HostTool.Find("mkfs.btrfs", "btrfs-progs"));
        return Vm.Run(kernel.Stock, initramfs.Build(Script), TimeSpan.FromMinutes(4));
    }
}
