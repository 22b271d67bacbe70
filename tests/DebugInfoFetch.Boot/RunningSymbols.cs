using System.Text.RegularExpressions;
using DebugInfoFetch.TestKit.Boot;

namespace DebugInfoFetch.Boot;

/// <summary>
/// A function of the running kernel. Named as a developer knows it: without what the compiler appended, with its module.
/// </summary>
/// <param name="Module">Empty for the kernel itself.</param>
/// <param name="IsClone">The kernel has it (also) under a name with a suffix: <c>.isra.0</c>, <c>.constprop.0</c>, <c>.part.0</c>.</param>
internal sealed record RunningFunction(string Module, string Name, bool IsClone)
{
    public override string ToString() => Module.Length == 0 ? Name : $"{Module}:{Name}";
}

/// <summary>Which functions there are, asked of the kernel itself: /proc/kallsyms of a booted machine.</summary>
internal static partial class RunningSymbols
{
    /// <param name="modules">Loaded before, with all that they depend on; functions of the latter are left out.</param>
    /// <returns>Functions of the kernel and of the modules, each once, in a fixed order.</returns>
    public static IReadOnlyList<RunningFunction> Functions(StockKernel kernel, IReadOnlyList<string> modules)
    {
        byte[] initramfs = new InitramfsBuilder()
            .AddModules(KernelModule.InLoadOrder(kernel, modules))
            .Build("section symbols\ngrep -i ' [tw] ' /proc/kallsyms >&3\n");
        return
        [
            .. Vm.Run(kernel, initramfs, TimeSpan.FromMinutes(2))["symbols"]
                .Select(line => TextSymbol().Match(line))
                .Where(match => match.Success)
                .Select(match => (Module: match.Groups["module"].Value, Name: match.Groups["name"].Value, match.Groups["suffix"].Success))
                .Where(symbol => symbol.Module.Length == 0 || modules.Contains(symbol.Module))
                .GroupBy(symbol => (symbol.Module, symbol.Name), symbol => symbol.Success)
                .Select(group => new RunningFunction(group.Key.Module, group.Key.Name, group.Any(isClone => isClone)))
                .OrderBy(function => function.ToString(), StringComparer.Ordinal),
        ];
    }

    /// <summary>ADDRESS TYPE NAME [MODULE]; no <c>__pfx_</c> padding, no <c>.cold</c> parts.</summary>
    [GeneratedRegex(@"^[0-9a-f]+ [tTwW] (?!__pfx_)(?<name>\w+)(?<suffix>(?:\.(?:isra|constprop|part)\.\d+)+)?(?:\s+\[(?<module>\w+)\])?$")]
    private static partial Regex TextSymbol();
}
