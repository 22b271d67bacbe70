using System.CommandLine;
using DebugInfoFetch.Benchmarks;
using DebugInfoFetch.Benchmarks.Rows;
using DebugInfoFetch.Benchmarks.Timing;

var kernel = new Option<string>("--kernel") { HelpName = "META", Description = "Debian's meta name of the kernel", DefaultValueFactory = _ => "6.12-amd64" };
var only = new Option<string[]>("--only") { HelpName = "NAME", Description = "This group of rows (again for more; --list names them)" };
var runs = new Option<int?>("--runs") { HelpName = "N", Description = "Counted runs a command [default: 11 of a query, 5 of what takes seconds, 3 of what takes longer]" };
var storyRuns = new Option<int>("--story-runs") { HelpName = "N", Description = "Counted runs of the story's way (download, unpack, ask), a minute or more each", DefaultValueFactory = _ => 1 };
var list = new Option<bool>("--list") { Description = "Name the groups of rows, and the peers with how to install them" };
var root = new RootCommand("Times dbgfetch beside its peers on a real kernel and prints a table in Markdown") { kernel, only, runs, storyRuns, list };
runs.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int?>() is < 1) { result.AddError("--runs takes a number from 1"); }
});
storyRuns.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < 1) { result.AddError("--story-runs takes a number from 1"); }
});
only.Validators.Add(result =>
{
    foreach (string name in result.GetValueOrDefault<string[]>() ?? [])
    {
        if (!RowGroup.All.Any(g => g.Name == name)) { result.AddError($"--only {name}: not one of {string.Join(", ", RowGroup.All.Select(g => g.Name))}"); }
    }
});
root.SetAction(parse =>
{
    if (parse.GetValue(list))
    {
        Catalogue.Write(Console.Out);
        return 0;
    }

    try
    {
        string[] chosen = parse.GetValue(only) ?? [];
        IReadOnlyList<RowGroup> groups = chosen.Length == 0 ? RowGroup.All : [.. RowGroup.All.Where(g => chosen.Contains(g.Name))];
        using var session = new BenchmarkSession(parse.GetRequiredValue(kernel), parse.GetValue(runs)) { CountStory = parse.GetValue(storyRuns) };
        session.Run(groups);
        session.Report.Write(Console.Out);
        return 0;
    }
    catch (Exception e) when (e is CommandFault or InvalidOperationException or TimeoutException)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
});
return root.Parse(args).Invoke();
