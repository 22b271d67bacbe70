using System.Globalization;
using System.Text.RegularExpressions;
using DebugInfoFetch.Probes.Grammar;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Probes;

/// <summary>ARG: <c>[NAME=]EXPR[:TYPE]</c>.</summary>
/// <param name="Name">Null when none is given.</param>
/// <param name="Type">Null when none is given.</param>
/// <param name="Text">EXPR as it was typed.</param>
internal sealed partial record ArgumentSpec(string? Name, ArgumentExpression Expression, FetchType? Type, string Text)
{
    public static Outcome<ArgumentSpec> Parse(string text)
    {
        string rest = text;
        string? name = null;
        int equals = rest.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            name = rest[..equals];
            rest = rest[(equals + 1)..];
            if (!KernelIdentifier.IsArgument(name)) { return BadName(name); }
        }

        FetchType? type = null;
        int colon = rest.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            string typeText = rest[(colon + 1)..];
            rest = rest[..colon];
            type = FetchTypeText.Parse(typeText);
            if (type is null)
            {
                return new Refusal(RefusalReason.BadRequest, $"{text}: no fetch type '{typeText}'", FetchTypeText.Known);
            }
        }

        Outcome<ArgumentExpression> expression = ParseExpression(rest);
        if (expression.Refusal is { } refusal) { return refusal; }
        if (expression.Value is ArgumentExpression.Parameters && (name is not null || type is not null))
        {
            return new Refusal(RefusalReason.BadRequest, $"{text}: it stands for several arguments and takes neither NAME= nor :TYPE");
        }

        return new ArgumentSpec(name, expression.Value!, type, rest);
    }

    private static Refusal BadName(string name) => new(RefusalReason.BadRequest,
        $"'{name}' cannot name an argument: the kernel takes C identifiers of at most {KernelIdentifier.MaxArgumentLength} characters, its own field names excepted");

    private static Outcome<ArgumentExpression> ParseExpression(string text)
    {
        if (text.Length == 0) { return new Refusal(RefusalReason.BadRequest, "an argument without an expression"); }
        return text[0] switch
        {
            '$' => ParseVariable(text),
            '%' => new ArgumentExpression.Register(text[1..]),
            '\\' => ParseImmediate(text),
            _ => ParseChain(text),
        };
    }

    private static Outcome<ArgumentExpression> ParseVariable(string text)
    {
        switch (text)
        {
            case "$params": return new ArgumentExpression.Parameters(AndVariables: false);
            case "$vars": return new ArgumentExpression.Parameters(AndVariables: true);
            case "$comm": return new ArgumentExpression.CommandName();
            case "$stack": return new ArgumentExpression.StackPointer();
        }

        if (text.StartsWith("$stack", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out int word))
        {
            return new ArgumentExpression.StackWord(word);
        }

        if (text.StartsWith("$retval", StringComparison.Ordinal))
        {
            IReadOnlyList<PathStep> steps = PathStep.Parse(text.AsSpan(7), out string? fault);
            return fault is null ? new ArgumentExpression.ReturnValue(steps) : new Refusal(RefusalReason.BadRequest, $"{text}: {fault}");
        }

        return text.StartsWith("$arg", StringComparison.Ordinal)
            ? new Refusal(RefusalReason.BadRequest, $"{text}: counts arguments by the calling convention, which clones do not keep",
                "name the parameter, or say $params for all of them")
            : new Refusal(RefusalReason.BadRequest, $"{text}: no such variable",
                "there are $params, $vars, $retval, $comm, $stack, $stack0, $stack1, ...");
    }

    private static Outcome<ArgumentExpression> ParseImmediate(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan(1);
        bool isNumber = digits.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        if (isNumber) { return new ArgumentExpression.Immediate(unchecked((long)value)); }
        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long negative)
            ? new ArgumentExpression.Immediate(negative)
            : new Refusal(RefusalReason.BadRequest, $"{text}: an immediate is a number, \\1 or \\0x10");
    }

    private static Outcome<ArgumentExpression> ParseChain(string text)
    {
        Match match = Chain().Match(text);
        if (!match.Success)
        {
            return new Refusal(RefusalReason.BadRequest, $"{text}: not an expression that a fetch argument can say",
                "an expression is a parameter and what it leads to (p, p->a.b[2]->c, *p), @SYMBOL[@SOURCE][@cpuN], %REG, $params, $retval, $stackN, $comm or \\NUMBER; no casts, no arithmetic");
        }

        IReadOnlyList<PathStep> steps = PathStep.Parse(match.Groups["steps"].Value, out string? fault);
        if (fault is not null) { return new Refusal(RefusalReason.BadRequest, $"{text}: {fault}"); }

        // A star binds looser than the steps: *p->a is what p->a points at, and that is p->a[0].
        IReadOnlyList<PathStep> all = [.. steps, .. Enumerable.Repeat(new PathStep.Element(0), match.Groups["stars"].Length)];
        string? source = match.Groups["source"] is { Success: true } s ? s.Value : null;
        string name = match.Groups["name"].Value;
        if (match.Groups["global"].Success)
        {
            int? cpu = match.Groups["cpu"] is { Success: true } n ? int.Parse(n.ValueSpan, CultureInfo.InvariantCulture) : null;
            return new ArgumentExpression.Global(name, source, cpu, all);
        }

        return match.Groups["cpu"].Success
            ? new Refusal(RefusalReason.BadRequest, $"{text}: only per-CPU variables, @NAME, are chosen by @cpuN")
            : new ArgumentExpression.Variable(name, source, all);
    }

    [GeneratedRegex(@"^(?<stars>\**)(?<global>@)?(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:@(?<source>[A-Za-z0-9_./+,-]+?\.(?:c|h|S|inc|rs|cc|cpp))(?=\z|\.|->|\[|@))?(?:@cpu(?<cpu>[0-9]{1,4}))?(?<steps>(?:[.\[]|->).*)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Chain();
}
