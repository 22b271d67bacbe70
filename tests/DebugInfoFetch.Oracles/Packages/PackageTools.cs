using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace DebugInfoFetch.Oracles.Packages;

/// <summary>Runs the tools that make packages and unpack them, in a directory that is gone afterwards.</summary>
public sealed class PackageTools : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("dbgfetch-oracle-").FullName;

    public string PathOf(string name) => Path.Combine(Directory, name);

    /// <summary>Runs a shell command in <see cref="Directory"/>; its standard output. A failure is the test's.</summary>
    public string Shell(string command)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-c", $"set -euo pipefail; {command}"])
        {
            WorkingDirectory = Directory, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // Settings of the machine's user must not change what the tools write, nor their language.
        start.Environment["HOME"] = Directory;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment.Remove("XZ_DEFAULTS");
        start.Environment.Remove("XZ_OPT");
        using var process = Process.Start(start) ?? throw new Win32Exception("no shell");
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command}: exit code {process.ExitCode}: {errors.Result}");
        return output;
    }

    /// <summary>
    /// Content of a kind that compressors treat differently, by a fixed seed: noise, repetition and text in turn.
    /// </summary>
    public static byte[] Content(int size, int seed)
    {
        byte[] bytes = new byte[size];
        var random = new Random(seed);
        for (int at = 0, turn = 0; at < size; turn++)
        {
            var part = bytes.AsSpan(at, Math.Min(random.Next(1, 9000), size - at));
            switch (turn % 3)
            {
                case 0: random.NextBytes(part); break;
                case 1: part.Fill((byte)turn); break;
                default:
                    for (int i = 0; i < part.Length; i++) { part[i] = (byte)"struct btrfs_block_group "[i % 25]; }

                    break;
            }

            at += part.Length;
        }

        return bytes;
    }

    /// <summary>SHA-256 by path of every regular file below a directory, links not followed.</summary>
    public static SortedDictionary<string, string> Hashes(string directory)
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in System.IO.Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            if (new FileInfo(file).LinkTarget is null) { hashes[Path.GetRelativePath(directory, file)] = Hash(File.ReadAllBytes(file)); }
        }

        return hashes;
    }

    public static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
