using System.Globalization;
using DebugInfoFetch.Probes.Grammar;

namespace DebugInfoFetch.Probes;

/// <summary>Gives out event names, each once a group: a second definition of the same name would become part of the first event.</summary>
internal sealed class EventNames
{
    private readonly HashSet<(string Group, string Name)> _taken = [];

    /// <summary>The wanted name, or <c>NAME_1</c>, <c>NAME_2</c>, ...</summary>
    public ProbeEvent Take(string? group, string wanted)
    {
        string stem = KernelIdentifier.From(wanted);
        for (int n = 0; ; n++)
        {
            string suffix = n == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"_{n}");
            string name = stem[..Math.Min(stem.Length, KernelIdentifier.MaxEventLength - suffix.Length)] + suffix;
            if (_taken.Add((group ?? "kprobes", name))) { return new ProbeEvent(group, name); }
        }
    }
}
