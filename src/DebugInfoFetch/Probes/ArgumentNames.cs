using System.Globalization;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>Names of arguments where none is asked for, and their uniqueness in a line.</summary>
internal static class ArgumentNames
{
    /// <summary>The last member's name; an index behind it is added: <c>p-&gt;a[2]</c> is <c>a_2</c>.</summary>
    public static string Default(string root, IReadOnlyList<PathStep> steps)
    {
        string name = root;
        foreach (PathStep step in steps)
        {
            name = step is PathStep.Member member
                ? member.Name
                : string.Create(CultureInfo.InvariantCulture, $"{name}_{((PathStep.Element)step).Index}");
        }

        return name;
    }

    /// <summary>
    /// Gives each argument its final name. Asked-for names are kept and must differ; the others are cut to length and numbered where they
    /// meet.
    /// </summary>
    public static Outcome<List<string>> Assign(IReadOnlyList<FetchedArgument> arguments)
    {
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (FetchedArgument argument in arguments.Where(a => a.IsNamed))
        {
            if (!taken.Add(argument.Name)) { return new Refusal(RefusalReason.BadRequest, $"two arguments are named {argument.Name}"); }
        }

        List<string> names = [];
        foreach (FetchedArgument argument in arguments)
        {
            names.Add(argument.IsNamed ? argument.Name : Unique(KernelIdentifier.From(argument.Name), taken));
        }

        return names;
    }

    private static string Unique(string wanted, HashSet<string> taken)
    {
        for (int n = 0; ; n++)
        {
            string suffix = n == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"_{n}");
            string name = wanted[..Math.Min(wanted.Length, KernelIdentifier.MaxArgumentLength - suffix.Length)] + suffix;
            if (KernelIdentifier.IsArgument(name) && taken.Add(name)) { return name; }
        }
    }
}
