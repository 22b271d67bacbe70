using System.Globalization;
using DebugInfoFetch.Cache;
using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Fuzz;

/// <summary>
/// Gives damaged inputs to a reader. What may come out: success, <see cref="InputFaultException"/> or <see cref="CacheException"/>; in time, and
/// without allocating what a hostile count asks for. DBGFETCH_FUZZ_CASES says how many cases an input has, DBGFETCH_FUZZ_FIRST the first one's number.
/// </summary>
internal static class FuzzRun
{
    private const long MaxAllocation = 96L << 20;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);
    private static readonly int Cases = Setting("DBGFETCH_FUZZ_CASES", 100);
    private static readonly int First = Setting("DBGFETCH_FUZZ_FIRST", 1);

    public static void Of(byte[] valid, Action<byte[]> read)
    {
        // The undamaged input must pass, or the cases would test nothing.
        read(valid.ToArray());
        int faults = 0;
        for (int number = First; number < First + Cases; number++)
        {
            if (Case(Mutation.Of(valid, number), read, number)) { faults++; }
        }

        Assert.True(faults > 0, "no case was refused: the reader checks nothing, or is not given what was damaged");
    }

    /// <summary>True when the input was refused.</summary>
    private static bool Case(byte[] input, Action<byte[]> read, int number)
    {
        Exception? thrown = null;
        long before = GC.GetTotalAllocatedBytes();
        var thread = new Thread(() =>
        {
            try { read(input); }
            catch (Exception e) { thrown = e; }
        }) { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(TimeLimit), $"case {number} takes more than {TimeLimit.TotalSeconds} s");
        long allocated = GC.GetTotalAllocatedBytes() - before;
        Assert.True(thrown is null or InputFaultException or CacheException, $"case {number}: {thrown}");
        Assert.True(allocated < MaxAllocation, $"case {number} allocates {allocated:N0} bytes for an input of {input.Length:N0}");
        if (thrown is InputFaultException) { Assert.False(thrown.Message.Any(char.IsControl), $"case {number}: control characters in the message: {thrown.Message}"); }
        return thrown is not null;
    }

    private static int Setting(string name, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
