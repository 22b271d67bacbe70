using System.Globalization;
using DebugInfoFetch.Cli.Backend;
using Spectre.Console;

namespace DebugInfoFetch.Cli.Terminal;

/// <summary>Progress on a terminal: a line a stage with what is done, the speed, and the time that is left.</summary>
internal sealed class ProgressBars : IFetchProgress
{
    private readonly IAnsiConsole _console;
    private readonly ProgressContext _context;
    private readonly Lock _gate = new();
    private ProgressTask? _current;

    private ProgressBars(IAnsiConsole console, ProgressContext context) => (_console, _context) = (console, context);

    public static Task<T> RunAsync<T>(CliConsole cli, Func<IFetchProgress, Task<T>> work)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(System.Console.Error),
            ColorSystem = cli.WantsColours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        return console.Progress()
            .AutoClear(false)
            .HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 10 },
                new TransferColumn())
            .StartAsync(async context =>
            {
                var bars = new ProgressBars(console, context);
                T result = await work(bars).ConfigureAwait(false);
                bars.EndStage();
                return result;
            });
    }

    public void Stage(string title, long? totalBytes)
    {
        lock (_gate)
        {
            EndStage();
            _current = _context.AddTask(Markup.Escape(Short(title)), autoStart: true, maxValue: totalBytes ?? TransferColumn.UnknownTotal);
            _current.IsIndeterminate = totalBytes is null;
        }
    }

    /// <summary>Leaves room for bar, amount, speed and time on 80 columns: of an address the file's name tells most, and of a part what it is of tells least.</summary>
    internal static string Short(string title)
    {
        string[] words = title.Split(" out of ")[0].Split(' ');
        string shown = string.Join(' ', words.Select(word => word.Contains("://", StringComparison.Ordinal) ? word[(word.LastIndexOf('/') + 1)..] : word));
        return shown.Length > 24 ? string.Concat(shown.AsSpan(0, 23), "…") : shown;
    }

    public void Report(long bytesDone)
    {
        lock (_gate)
        {
            if (_current is null) { return; }
            if (bytesDone > _current.MaxValue) { _current.MaxValue = bytesDone; }
            _current.Value = bytesDone;
        }
    }

    public void Modules(int done)
    {
        lock (_gate)
        {
            if (_current is not null) { _current.Description = string.Create(CultureInfo.InvariantCulture, $"Indexing, {done} modules"); }
        }
    }

    public void Note(string text)
    {
        lock (_gate) { _console.MarkupLine("[aqua]#[/] " + Markup.Escape(text)); }
    }

    private void EndStage()
    {
        if (_current is null) { return; }
        _current.IsIndeterminate = false;
        _current.MaxValue = Math.Max(_current.Value, TransferColumn.UnknownTotal);
        _current.Value = _current.MaxValue;
        _current.StopTask();
        _current = null;
    }
}
