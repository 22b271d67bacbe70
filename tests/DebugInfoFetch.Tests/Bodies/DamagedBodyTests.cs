using DebugInfoFetch.Bodies;
using DebugInfoFetch.Debuginfod;
using DebugInfoFetch.Formats.Binary;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Story;

namespace DebugInfoFetch.Tests.Bodies;

/// <summary>Debug files damaged by a fixed seed, with the build ID left as it was: answers or clear faults, nothing else.</summary>
public sealed class DamagedBodyTests : IDisposable
{
    private const int Cases = 400;
    private readonly BodyKernel _kernel = new();
    private readonly ScratchFolder _folder = new();

    public void Dispose()
    {
        _kernel.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Only_answers_and_clear_faults_come_out()
    {
        byte[] whole = BodyKernel.Elf(hasCode: true);
        int answers = 0, faults = 0;
        for (int seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            byte[] damaged = [.. whole];
            for (int i = random.Next(1, 9); i > 0; i--) { damaged[random.Next(64, damaged.Length)] = (byte)(random.Next(3) == 0 ? 0xff : random.Next(256)); }
            File.WriteAllBytes(_folder["vmlinux"], damaged);
            try
            {
                Ask();
                answers++;
            }
            catch (Exception e) when (e is InputFaultException or ModuleFileException) { faults++; }
            catch (Exception e) { Assert.Fail($"case {seed}: {e}"); }
        }

        // A test of nothing but faults, or of none, would test little.
        Assert.True(answers > Cases / 20 && faults > Cases / 20, $"{answers} answers, {faults} faults");
    }

    private void Ask()
    {
        using var files = new ModuleFiles(_kernel.Model, [_folder["vmlinux"]], new DebuginfodCache(_folder["client"]), []);
        var bodies = new KernelBodies(_kernel.Model, files);
        foreach (string function in (string[])["f", "g", "clone"])
        {
            new FunctionReport(_kernel.Model, bodies).Variables(function, inlines: true, explains: true);
            new LinesReport(_kernel.Model, bodies).Lines(function, inlines: true);
        }

        var generator = new ProbeGenerator(_kernel.Model, null, bodies);
        generator.Generate(new ProbeRequest("f:3", ["$vars"]));
        generator.Generate(new ProbeRequest("clone", ["$params"], Callers: true));
        generator.Generate(new ProbeRequest("a.c:13", ["$vars"]));
        for (int offset = 0; offset < 31; offset++) { generator.Generate(new ProbeRequest($"f+{offset}", ["$vars", "p->n"])); }
    }
}
