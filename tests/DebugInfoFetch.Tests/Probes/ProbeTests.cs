using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;

namespace DebugInfoFetch.Tests.Probes;

/// <summary>What every test of generated lines needs: a kernel to describe and short ways to ask.</summary>
public abstract class ProbeTests
{
    protected const int Di = 5, Si = 4, Dx = 1, Cx = 2, R8 = 8, R9 = 9, Sp = 7;
    protected const ulong Text = KernelModelBuilder.TextStart;

    protected KernelModelBuilder K { get; set; } = new();

    /// <summary>The pointers that arguments are read through are left out, where they are not what the tests are about.</summary>
    protected bool IsBare { get; init; } = true;

    protected ProbeAnswer Ask(string function, params string[] arguments)
        => new ProbeGenerator(K.Build()).Generate(new ProbeRequest(function, arguments, IsBare: IsBare));

    protected ProbeAnswer.Lines Lines(string function, params string[] arguments)
    {
        ProbeAnswer answer = Ask(function, arguments);
        return answer is ProbeAnswer.Refused refused
            ? throw new InvalidOperationException($"refused: {refused.Reason}: {refused.Message}")
            : (ProbeAnswer.Lines)answer;
    }

    /// <summary>The only definition.</summary>
    protected string Line(string function, params string[] arguments) => Assert.Single(Lines(function, arguments).Definitions).ToDefinition();

    /// <summary>What stands behind the name of the only argument.</summary>
    protected string Fetch(string function, string argument) => Assert.Single(Assert.Single(Lines(function, argument).Definitions).Arguments).Fetch.Fetch;

    protected ProbeAnswer.Refused Refused(string function, params string[] arguments) => Assert.IsType<ProbeAnswer.Refused>(Ask(function, arguments));

    protected void IsRefused(RefusalReason reason, string message, string function, params string[] arguments)
    {
        ProbeAnswer.Refused refused = Refused(function, arguments);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(reason, refused.Reason);
    }
}
