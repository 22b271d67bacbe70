using System.Globalization;
using System.Text.Json;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Releases;
using DebugInfoFetch.Sources;

namespace DebugInfoFetch.Cli.Commands;

/// <summary>The plan of a fetch, for a person and in JSON.</summary>
internal static class ExplanationRendering
{
    public static void Write(CliConsole console, KernelExplanation explanation, bool asJson)
    {
        if (asJson) { console.Json(json => WriteJson(json, explanation)); }
        else { WriteText(console, explanation); }
    }

    private static void WriteText(CliConsole console, KernelExplanation explanation)
    {
        KernelRelease release = explanation.Release;
        TextWriter output = console.Output;
        Ansi colours = console.OutputColours;
        output.Write($"{colours.Bold(release.UnameText)} ({DistributionNames.Display(release.Distribution)}, {release.Architecture}"
            + $"{(release.PackageVersion.Length > 0 ? $", package version {release.PackageVersion}" : "")}{(release.BuildId.Length > 0 ? $", build ID {release.BuildId}" : "")})\n");
        if (explanation.Plans.Count == 0 && explanation.QuickPlans.Count == 0)
        {
            output.Write(WrappedText.Of("  ", "no distribution that dbgfetch knows names a kernel so; --distro NAME if it is one's all the same, --package FILE|URL, or --elf for your own build"));
        }

        int number = 0;
        bool isOne = explanation.Plans.Count == 1;
        if (explanation.Debuginfod is { } debuginfod)
        {
            output.Write(colours.Bold(debuginfod.Source) + "\n");
            WriteSteps(output, debuginfod, ref number);
            isOne = false;
        }

        foreach (KernelPlan plan in explanation.Plans)
        {
            if (!isOne) { output.Write($"{colours.Bold(plan.Source)}{(plan.Steps.Count == 0 ? ": nowhere to look" : "")}\n"); }
            WriteSteps(output, plan, ref number);
            foreach (string line in plan.Advice) { output.Write(WrappedText.Of("  # ", line)); }
        }

        if (explanation.QuickPlans.Count == 0) { return; }
        output.Write(colours.Bold(explanation.Plans.Count == 0 ? "the kernel's own packages, for BTF and symbols" : "if none has it: the kernel's own packages, for BTF and symbols") + "\n");
        foreach (KernelPlan plan in explanation.QuickPlans) { WriteSteps(output, plan, ref number); }
    }

    private static void WriteSteps(TextWriter output, KernelPlan plan, ref int number)
    {
        foreach (PlanStep step in plan.Steps)
        {
            string label = string.Create(CultureInfo.InvariantCulture, $"{++number,3} ");
            switch (step)
            {
                case PlanStep.Take take:
                    output.Write(WrappedText.Of(label, take.Candidate.Description));
                    output.Write($"    {take.Candidate.Place}\n");
                    break;
                case PlanStep.Ask ask:
                    output.Write(WrappedText.Of(label, $"asks {ask.Finds}"));
                    foreach (string place in ask.Places) { output.Write($"    {place}\n"); }
                    break;
                case PlanStep.AskFiles files:
                    output.Write(WrappedText.Of(label, $"asks {files.Finds}"));
                    foreach (string place in files.Places) { output.Write($"    {place}\n"); }
                    break;
            }
        }
    }

    private static void WriteJson(Utf8JsonWriter json, KernelExplanation explanation)
    {
        KernelRelease release = explanation.Release;
        json.WriteStartObject();
        json.WriteString("release"u8, release.UnameText);
        json.WriteString("architecture"u8, release.Architecture);
        json.WriteString("distribution"u8, DistributionNames.KeyOf(release.Distribution));
        json.WriteString("packageVersion"u8, release.PackageVersion);
        json.WriteString("buildId"u8, release.BuildId);
        json.WriteStartArray("steps"u8);
        foreach (KernelPlan plan in explanation.Debuginfod is { } debuginfod ? [debuginfod, .. explanation.Plans] : explanation.Plans) { WriteSteps(json, plan, isQuick: false); }
        foreach (KernelPlan plan in explanation.QuickPlans) { WriteSteps(json, plan, isQuick: true); }
        json.WriteEndArray();
        json.WriteStartArray("advice"u8);
        foreach (string line in explanation.Plans.SelectMany(plan => plan.Advice).Distinct()) { json.WriteStringValue(line); }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSteps(Utf8JsonWriter json, KernelPlan plan, bool isQuick)
    {
        foreach (PlanStep step in plan.Steps)
        {
            json.WriteStartObject();
            json.WriteString("source"u8, plan.Source);
            json.WriteBoolean("isQuick"u8, isQuick);
            switch (step)
            {
                case PlanStep.Take take:
                    json.WriteString("kind"u8, "take"u8);
                    json.WriteString("description"u8, take.Candidate.Description);
                    json.WriteString("url"u8, take.Candidate.Place);
                    break;
                case PlanStep.Ask ask: WriteQuestion(json, "ask"u8, ask.Finds, ask.Places); break;
                case PlanStep.AskFiles files: WriteQuestion(json, "askFiles"u8, files.Finds, files.Places); break;
            }

            json.WriteEndObject();
        }
    }

    private static void WriteQuestion(Utf8JsonWriter json, ReadOnlySpan<byte> kind, string finds, IReadOnlyList<string> places)
    {
        json.WriteString("kind"u8, kind);
        json.WriteString("description"u8, finds);
        json.WriteStartArray("places"u8);
        foreach (string place in places) { json.WriteStringValue(place); }
        json.WriteEndArray();
    }
}
