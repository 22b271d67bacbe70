using System.Diagnostics;
using System.Globalization;
using DebugInfoFetch.Cli.Backend;

namespace DebugInfoFetch.Cli.Terminal;

/// <summary>Progress where nobody watches a line move: one line a stage, written when the stage is over.</summary>
internal sealed class StageLines(CliConsole console) : IFetchProgress, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Stopwatch _clock = new();
    private string? _title;
    private long _bytes;
    private int _modules;

    public void Stage(string title, long? totalBytes)
    {
        lock (_gate)
        {
            EndStage();
            _title = title;
            _bytes = 0;
            _modules = 0;
            _clock.Restart();
        }
    }

    public void Report(long bytesDone) => Volatile.Write(ref _bytes, bytesDone);

    public void Modules(int done) => Volatile.Write(ref _modules, done);

    public void Note(string text)
    {
        lock (_gate) { console.Note(text); }
    }

    public void Dispose()
    {
        lock (_gate) { EndStage(); }
    }

    private void EndStage()
    {
        if (_title is null) { return; }
        double seconds = _clock.Elapsed.TotalSeconds;
        long bytes = Volatile.Read(ref _bytes);
        string amount = bytes > 0 ? $", {ByteCount.Format(bytes)} at {ByteCount.Format((long)(bytes / Math.Max(seconds, 0.001)))}/s" : "";
        int count = Volatile.Read(ref _modules);
        string modules = count switch { 0 => "", 1 => ", 1 module", _ => string.Create(CultureInfo.InvariantCulture, $", {count} modules") };
        console.Note(string.Create(CultureInfo.InvariantCulture, $"{_title}: {seconds:0.0} s{amount}{modules}"));
        _title = null;
    }
}
