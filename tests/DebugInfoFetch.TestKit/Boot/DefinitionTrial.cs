using System.Text;

namespace DebugInfoFetch.TestKit.Boot;

/// <summary>What the kernel did with one line written to <c>kprobe_events</c>.</summary>
/// <param name="Error">Empty when accepted; else the errno's text, and error_log's words with the token they point at.</param>
public sealed record DefinitionVerdict(string Line, string Error)
{
    public bool IsAccepted => Error.Length == 0;

    public override string ToString() => IsAccepted ? $"accepted: {Line}" : $"{Line}\n{Error}";
}

/// <summary>Has a booted kernel judge lines for <c>kprobe_events</c>, each written alone.</summary>
public static class DefinitionTrial
{
    /// <summary>Small enough that the table of events, which the kernel walks linearly, stays short.</summary>
    private const int BatchSize = 256;

    /// <summary>
    /// Each batch's accepted lines are counted in the kernel's own list before they are removed, so that a write which only seemed to
    /// succeed ends the script. error_log keeps the last eight errors: it is cleared after each. Only what the shell has built in: in
    /// emulation, starting a program costs as much as several lines.
    /// </summary>
    private const string Script =
        """
        for batch in /batches/*; do
            : > kprobe_events
            accepted=0
            section "$batch"
            while IFS= read -r line; do
                if echo "$line" 2>/tmp/errno >>kprobe_events; then
                    echo +
                    accepted=$((accepted + 1))
                else
                    echo -
                    while IFS= read -r words; do echo " $words"; done </tmp/errno
                    while IFS= read -r words; do echo " $words"; done <error_log
                    : > error_log
                fi
            done <"$batch" >&3
            [ "$(wc -l <kprobe_events)" = "$accepted" ]
        done
        : > kprobe_events
        """;

    /// <summary>Boots once and writes every line.</summary>
    /// <param name="modules">Loaded before, with all that they depend on.</param>
    /// <returns>One verdict a line, in their order.</returns>
    /// <exception cref="ArgumentException">
    /// A line's module is not loaded: the kernel takes such a line unread and would accept anything.
    /// </exception>
    public static IReadOnlyList<DefinitionVerdict> Run(
        StockKernel kernel, IReadOnlyList<string> modules, IReadOnlyList<string> lines, TimeSpan timeLimit)
    {
        IReadOnlyList<KernelModule> loaded = KernelModule.InLoadOrder(kernel, modules);
        RequireLoaded(lines, loaded);

        InitramfsBuilder initramfs = new InitramfsBuilder().AddModules(loaded);
        List<List<string>> batches = InBatches(lines);
        foreach ((int index, List<string> batch) in batches.Index())
        {
            initramfs.AddFile(SectionOf(index).TrimStart('/'), Encoding.UTF8.GetBytes(string.Concat(batch.Select(line => line + '\n'))));
        }

        VmResult result = Vm.Run(kernel, initramfs.Build(Script), timeLimit);
        return [.. batches.Index().SelectMany(batch => Verdicts(batch.Item, result[SectionOf(batch.Index)]))];
    }

    private static string SectionOf(int batch) => $"/batches/{batch:d6}";

    private static IEnumerable<DefinitionVerdict> Verdicts(List<string> lines, IReadOnlyList<string> answers)
    {
        var errors = new List<string>();
        foreach (string answer in answers)
        {
            if (answer.StartsWith(' ')) { errors[^1] += answer[1..] + '\n'; }
            else { errors.Add(answer == "+" ? "" : "refused: "); }
        }

        return lines.Count == errors.Count
            ? lines.Zip(errors, (line, error) => new DefinitionVerdict(line, error))
            : throw new VmException($"{errors.Count} answers to {lines.Count} lines");
    }

    /// <summary>Lines that define one event are kept apart: the second would be refused for the first one's sake.</summary>
    private static List<List<string>> InBatches(IReadOnlyList<string> lines)
    {
        var batches = new List<List<string>>();
        var events = new HashSet<string>();
        foreach (string line in lines)
        {
            if (batches is [] || batches[^1].Count == BatchSize || !events.Add(EventOf(line)))
            {
                batches.Add([]);
                events.Clear();
                events.Add(EventOf(line));
            }

            batches[^1].Add(line);
        }

        return batches;
    }

    private static string EventOf(string line) => line.Split(' ', 2)[0] is var head && head.Contains(':', StringComparison.Ordinal) ? head : line;

    private static void RequireLoaded(IReadOnlyList<string> lines, IReadOnlyList<KernelModule> loaded)
    {
        HashSet<string> names = [.. loaded.Select(module => module.Name)];
        foreach (string line in lines)
        {
            string place = line.Split(' ', 3) is [_, var second, ..] ? second : "";
            if (place.Split(':') is [var module, _, ..] && !names.Contains(module))
            {
                throw new ArgumentException($"module {module} is not loaded in this machine: {line}", nameof(lines));
            }
        }
    }
}
