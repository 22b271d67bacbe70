using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DebugInfoFetch.Cli.Terminal;

/// <summary>What is done of what, the speed, and the time left: <c>312.5 MB of 1.03 GB, 41 MB/s, 0:17 left</c>. Empty for a stage without bytes.</summary>
internal sealed class TransferColumn : ProgressColumn
{
    /// <summary>The greatest value of a task that does not know how many bytes it has; no file is this short.</summary>
    public const double UnknownTotal = 1;

    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        if (task.MaxValue <= UnknownTotal) { return new Text(""); }
        string done = ByteCount.Format((long)task.Value);
        string amount = task.IsFinished ? done : $"{done} of {ByteCount.Format((long)task.MaxValue)}";
        string speed = !task.IsFinished && task.Speed is { } bytes ? $", {ByteCount.Format((long)bytes)}/s" : "";
        string left = !task.IsFinished && task.RemainingTime is { } time && time < TimeSpan.FromDays(1)
            ? string.Create(CultureInfo.InvariantCulture, $", {(int)time.TotalMinutes}:{time.Seconds:00} left")
            : "";
        return new Text(amount + speed + left);
    }
}
