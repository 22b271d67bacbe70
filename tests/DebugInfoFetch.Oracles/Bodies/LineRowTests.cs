using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Formats.Elf;
using DebugInfoFetch.TestKit.Oracles;
using Xunit.Abstractions;

namespace DebugInfoFetch.Oracles.Bodies;

/// <summary>Rows and file names of line tables, drawn by a fixed seed, against <c>llvm-dwarfdump --debug-line=OFFSET</c>.</summary>
[Trait("needs", "kernel")]
public partial class LineRowTests(ITestOutputHelper log)
{
    private const int Seed = 20261128, Tables = 24;

    [Fact]
    public void Rows_and_files_of_vmlinux_are_those_that_llvm_dwarfdump_reads() => Compare(DebianKernel.Newest.Vmlinux);

    [Fact]
    public void Rows_and_files_of_an_arm64_vmlinux_are_those_that_llvm_dwarfdump_reads() => Compare(DebianKernel.Arm64.DebugFile("vmlinux"));

    private void Compare(string path)
    {
        ElfFile elf = ElfFile.Parse(path, File.ReadAllBytes(path));
        DwarfSections sections = DwarfSections.Load(elf, []);
        var random = new Random(Seed);
        int rows = 0, files = 0;
        foreach (ulong offset in Offsets(sections).OrderBy(_ => random.Next()).Take(Tables))
        {
            string[] lines = [.. ToolRun.Run("llvm-dwarfdump", [string.Create(CultureInfo.InvariantCulture, $"--debug-line=0x{offset:x}"), path]).OrThrow().Lines];
            string[] theirs = [.. lines.Select(l => Row().Match(l)).Where(m => m.Success).Select(Describe)];
            string[] ours = [.. LineProgram.Run(sections, offset).Select(Describe)];
            Assert.True(theirs.SequenceEqual(ours), $"0x{offset:x}: {string.Join(" | ", theirs.Zip(ours).FirstOrDefault(p => p.First != p.Second))} ({theirs.Length} and {ours.Length} rows)");
            rows += ours.Length;
            string[] names = [.. Names(lines)];
            LineTableFiles table = LineTableFiles.Read(sections, offset);
            Assert.Equal(names, Enumerable.Range(0, table.Count).Select(table.Name));
            files += names.Length;
        }

        log.WriteLine($"{Path.GetFileName(path)}: {rows} rows, {files} file names of {Tables} tables");
        Assert.InRange(rows, Tables * 100, int.MaxValue);
    }

    /// <summary>Where the tables of .debug_line begin, by their lengths.</summary>
    private static IEnumerable<ulong> Offsets(DwarfSections sections)
    {
        for (int at = 0; at + 4 <= sections.Line.Length; at += 4 + BinaryPrimitives.ReadInt32LittleEndian(sections.Line.Span[at..])) { yield return (ulong)at; }
    }

    private static string Describe(Match row)
    {
        string[] flags = row.Groups["flags"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return string.Create(CultureInfo.InvariantCulture,
            $"{ulong.Parse(row.Groups["address"].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture):x} {row.Groups["line"].Value}:{row.Groups["column"].Value} file {row.Groups["file"].Value} {flags.Contains("is_stmt")} {flags.Contains("end_sequence")}");
    }

    private static string Describe(LineRow row)
        => string.Create(CultureInfo.InvariantCulture, $"{row.Address:x} {row.Line}:{row.Column} file {row.File} {row.IsStatement} {row.EndsSequence}");

    /// <summary>Directory and name; what is in directory 0, the compilation directory, is named relative to it.</summary>
    private static IEnumerable<string> Names(string[] lines)
    {
        var directories = new Dictionary<string, string>(StringComparer.Ordinal);
        string name = "";
        foreach (string line in lines)
        {
            if (Directory().Match(line) is { Success: true } directory) { directories[directory.Groups["number"].Value] = directory.Groups["path"].Value; }
            else if (Name().Match(line) is { Success: true } file) { name = file.Groups["name"].Value; }
            else if (DirectoryIndex().Match(line) is { Success: true } index) { yield return index.Groups[1].Value == "0" ? name : $"{directories[index.Groups[1].Value]}/{name}"; }
        }
    }

    [GeneratedRegex(@"^0x(?<address>[0-9a-f]{16})\s+(?<line>\d+)\s+(?<column>\d+)\s+(?<file>\d+)\s+\d+\s+\d+(?<flags>( +\w+)*)\s*$")]
    private static partial Regex Row();

    [GeneratedRegex(@"^include_directories\[ *(?<number>\d+)\] = ""(?<path>.*)""$")]
    private static partial Regex Directory();

    [GeneratedRegex(@"^ +name: ""(?<name>.*)""$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^ +dir_index: (\d+)$")]
    private static partial Regex DirectoryIndex();
}
