using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Boot;

namespace DebugInfoFetch.Boot;

/// <summary>A symbol of the running kernel, as its kallsyms has it.</summary>
/// <param name="Module">Empty for the kernel itself.</param>
/// <param name="BaseName">Without what the compiler appended.</param>
internal sealed record RunningSymbol(string Module, string Name, string BaseName, char Type)
{
    public bool IsText => Type is 't' or 'T' or 'w' or 'W';

    public bool IsData => Type is 'd' or 'D' or 'b' or 'B' or 'r' or 'R';

    /// <summary>The compiler made it of a function: <c>.isra.0</c>, <c>.constprop.0</c>, <c>.part.0</c>.</summary>
    public bool IsClone => Name != BaseName;

    /// <summary>As a probe's FUNCTION: what a developer knows, with the module.</summary>
    public string Request => Module.Length == 0 ? BaseName : $"{Module}:{BaseName}";

    /// <summary>As a probe's place.</summary>
    public string Place => Module.Length == 0 ? Name : $"{Module}:{Name}";
}

/// <summary>Which symbols there are, asked of the kernel itself: /proc/kallsyms of a booted machine.</summary>
internal static partial class RunningSymbols
{
    /// <returns>Functions and data of the kernel and of all modules that are loaded, in a fixed order.</returns>
    public static IReadOnlyList<RunningSymbol> Of(ReporterKernel kernel)
    {
        byte[] initramfs = new InitramfsBuilder()
            .AddModules(KernelModule.InLoadOrder(kernel.Stock, kernel.Modules))
            .Build("section symbols\ngrep -i ' [twdbr] ' /proc/kallsyms >&3\n");
        return
        [
            .. Vm.Run(kernel.Stock, initramfs, TimeSpan.FromMinutes(3))["symbols"]
                .Select(line => Symbol().Match(line))
                .Where(match => match.Success)
                .Select(match => new RunningSymbol(
                    match.Groups["module"].Value, match.Groups["base"].Value + match.Groups["suffix"].Value, match.Groups["base"].Value, match.Groups["type"].Value[0]))
                .OrderBy(symbol => symbol.Place, StringComparer.Ordinal).ThenBy(symbol => symbol.Type),
        ];
    }

    /// <summary>ADDRESS TYPE NAME [MODULE]; no <c>__pfx_</c> padding, no <c>.cold</c> parts.</summary>
    [GeneratedRegex(@"^[0-9a-f]+ (?<type>[tTwWdDbBrR]) (?!__pfx_)(?<base>\w+)(?<suffix>(?:\.(?:isra|constprop|part)\.\d+)*)(?:\s+\[(?<module>\w+)\])?$")]
    private static partial Regex Symbol();
}
