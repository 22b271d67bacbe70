using System.Text.RegularExpressions;

namespace DebugInfoFetch.Releases;

/// <summary>
/// What a pasted text tells of the kernel that wrote it: <c>/proc/version</c>, <c>uname -a</c> or <c>-rv</c>, <c>/proc/version_signature</c>, the
/// lines of an oops, <c>OSRELEASE=</c> of a vmcore, and <c>ID=</c> of <c>/etc/os-release</c> beside them. The text is a stranger's: bounded, a line at a time, and
/// nothing of it is used that has not the form of what it stands for.
/// </summary>
/// <param name="Architecture">As <c>uname -m</c> has it; null when the text does not tell.</param>
/// <param name="Distribution">From the builder's name, host and compiler; <see cref="Distribution.Unknown"/> when they tell nothing.</param>
/// <param name="PackageVersion">Debian's and Ubuntu's package version, from what <c>uname -v</c> prints; empty when it is not there.</param>
/// <param name="BuildId">40 hex digits, which kernels print that are configured so (lib/dump_stack.c: CONFIG_STACKTRACE_BUILD_ID); else empty.</param>
public sealed partial record PastedKernel(string Release, string? Architecture, Distribution Distribution, string PackageVersion, string BuildId)
{
    /// <summary>Characters of a pasted text: a whole dmesg has fewer.</summary>
    public const int MaxLength = 2 * 1024 * 1024;
    private const int LongestLine = 1024;
    private const int Milliseconds = 500;

    /// <summary>Builders by what stands in their banner: user@host, and the compiler's own name.</summary>
    private static readonly (string Mark, Distribution Distribution)[] Builders =
    [
        ("debian-kernel@lists.debian.org", Distribution.Debian),
        ("fedoraproject.org", Distribution.Fedora), ("kojibuilder@", Distribution.Fedora), ("kojibuild@", Distribution.Fedora),
        ("almalinux", Distribution.Alma),
        ("rockylinux", Distribution.Rocky),
        (".centos.org", Distribution.CentOS), (".stream.rdu2.redhat.com", Distribution.CentOS),
        (".oracle.com", Distribution.Oracle),
        (".redhat.com", Distribution.Rhel),
        ("amzn", Distribution.Amazon), ("ec2-user@", Distribution.Amazon),
        ("geeko@", Distribution.OpenSuse), ("(SUSE Linux)", Distribution.OpenSuse),
        ("linux@archlinux", Distribution.Arch),
    ];

    /// <summary>A release string is one word. A text of several words is a text.</summary>
    public static bool IsPasted(string text) => text.AsSpan().Trim().IndexOfAny(" \t\r\n") >= 0;

    // init/version-timestamp.c: "Linux version RELEASE (BUILDER@HOST) (COMPILER) VERSION"
    [GeneratedRegex(@"\bLinux version (?<release>\S+) (?<rest>\(.*)$", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex Banner();

    // uname -a: SYSNAME NODENAME RELEASE VERSION MACHINE [PROCESSOR PLATFORM] OS
    [GeneratedRegex(@"^\s*(?:\S*[$#] *uname -a\s+)?Linux \S+ (?<release>\d+\.\d\S*) (?<rest>#\S.*)$", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex UnameAll();

    // lib/dump_stack.c: "CPU: N [UID: N] PID: N Comm: NAME [Kdump: loaded] TAINT RELEASE VERSION [BUILD ID]"; before 2.6.37 also "Pid: N, comm: NAME TAINT RELEASE"
    [GeneratedRegex(@"\b(?:CPU|Pid): ?\d+.*\b[Cc]omm: .*(?:\bNot tainted|\bTainted:[ A-Z()]*?) +(?<release>\d+\.\d\S*)(?: +(?<rest>#\S.*))?$", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex Oops();

    [GeneratedRegex(@"^\s*(?<release>\d+\.\d\S*) +(?<rest>#\S.*)$", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex UnameReleaseAndVersion();

    // VMCOREINFO's, and what crash prints.
    [GeneratedRegex(@"^\s*(?:OSRELEASE=|RELEASE: )(?<release>\d+\.\d\S*)\s*$", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex CoreRelease();

    // "Ubuntu 5.15.0-139.149~20.04.1-generic 5.15.178"
    [GeneratedRegex(@"^\s*Ubuntu (?<abi>\d+\.\d+\.\d+-\d+)(?<upload>\.\d[0-9A-Za-z.~+]*)-(?<flavour>[a-z][a-z0-9-]*) \d+\.\d\S*\s*$", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex UbuntuSignature();

    [GeneratedRegex(@"^#(?<upload>\d+[0-9A-Za-z.~+]*)-Ubuntu\b", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex UbuntuUpload();

    [GeneratedRegex(@"(?:^|\) )#\d+ .*?\bDebian (?<version>\d[0-9A-Za-z.+~:-]{0,60})", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex DebianVersion();

    [GeneratedRegex(@" (?<machine>[a-z0-9_]{4,12})(?: \S+ \S+)? GNU/Linux\s*$", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex UnameMachine();

    // Launchpad's builders carry their architecture: buildd@lcy02-amd64-112.
    [GeneratedRegex(@"\(buildd@[a-z0-9]+-(?<machine>amd64|arm64|ppc64el|s390x|riscv64|armhf|i386)-\d+\)", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex LaunchpadBuilder();

    [GeneratedRegex(@" (?<id>[0-9a-f]{40})\s*$", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex TrailingBuildId();

    [GeneratedRegex(@"^\s*ID=""?(?<id>[a-z0-9._-]{2,30})""?\s*$", RegexOptions.CultureInvariant, Milliseconds)]
    private static partial Regex OsReleaseId();

    /// <param name="error">One line, when the text names no kernel or several.</param>
    public static bool TryRead(string text, out PastedKernel? kernel, out string error)
    {
        kernel = null;
        if (text.Length > MaxLength)
        {
            error = $"kernel: a text of {text.Length} characters; give the line that names the kernel (/proc/version, uname -a, or the oops), at most {MaxLength}";
            return false;
        }

        var read = new Reading();
        try
        {
            foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
            {
                if (line.Length > 0) { read.Line(line[..Math.Min(line.Length, LongestLine)].ToString()); }
            }
        }
        catch (RegexMatchTimeoutException)
        {
            error = "kernel: this text takes too long to read; give only the line that names the kernel";
            return false;
        }

        return read.Result(out kernel, out error);
    }

    /// <summary>What the lines so far have told.</summary>
    private sealed class Reading
    {
        private const int MostNamed = 4;
        private readonly List<string> _releases = [];
        private string? _architecture;
        private string? _machineOfRegisters;
        private Distribution _distribution;
        private Distribution _osRelease;
        private string _packageVersion = "";
        private string _buildId = "";

        public void Line(string line)
        {
            if (UbuntuSignature().Match(line) is { Success: true } signature)
            {
                Release($"{signature.Groups["abi"].Value}-{signature.Groups["flavour"].Value}");
                _distribution = Distribution.Ubuntu;
                _packageVersion = signature.Groups["abi"].Value + signature.Groups["upload"].Value;
                return;
            }

            if (Banner().Match(line) is { Success: true } banner)
            {
                Release(banner.Groups["release"].Value);
                string rest = banner.Groups["rest"].Value;
                Builder(rest);
                int at = rest.LastIndexOf(") #", StringComparison.Ordinal);
                Version(at < 0 ? "" : rest[(at + 2)..]);
                return;
            }

            foreach (Match match in (ReadOnlySpan<Match>)[Oops().Match(line), UnameAll().Match(line), UnameReleaseAndVersion().Match(line), CoreRelease().Match(line)])
            {
                if (!match.Success) { continue; }
                Release(match.Groups["release"].Value);
                string rest = match.Groups["rest"].Value;
                if (TrailingBuildId().Match(rest) is { Success: true } id) { _buildId = id.Groups["id"].Value; }
                if (UnameMachine().Match(rest) is { Success: true } machine) { _architecture ??= MachineArchitecture.Canonical(machine.Groups["machine"].Value); }
                Version(rest);
                return;
            }

            if (OsReleaseId().Match(line) is { Success: true } os) { _osRelease = DistributionNames.FromName(os.Groups["id"].Value) ?? Distribution.Unknown; }
            // An oops names no machine, but its registers do.
            if (line.Contains("RIP: 0010:", StringComparison.Ordinal)) { _machineOfRegisters ??= "x86_64"; }
            if (line.Contains("pstate: ", StringComparison.Ordinal) || line.Contains("x29: ", StringComparison.Ordinal)) { _machineOfRegisters ??= "aarch64"; }
        }

        public bool Result(out PastedKernel? kernel, out string error)
        {
            kernel = null;
            if (_releases.Count == 0)
            {
                error = "kernel: the text names no kernel; it may be what uname -r or uname -a prints, /proc/version, or an oops with its line \"CPU: … Comm: … RELEASE\"";
                return false;
            }

            if (_releases.Count > 1)
            {
                error = $"kernel: the text names {(_releases.Count > MostNamed ? "many" : _releases.Count)} kernels: "
                    + $"{string.Join(", ", _releases.Take(MostNamed).Select(KernelRelease.Printable))}; give one of them";
                return false;
            }

            // The machine's own word on its distribution goes before what its kernel's builder seems to be.
            kernel = new PastedKernel(_releases[0], _architecture ?? _machineOfRegisters, _osRelease != Distribution.Unknown ? _osRelease : _distribution,
                _packageVersion, _buildId);
            error = "";
            return true;
        }

        private void Release(string text)
        {
            if (_releases.Count <= MostNamed && !_releases.Contains(text)) { _releases.Add(text); }
        }

        private void Builder(string rest)
        {
            if (LaunchpadBuilder().Match(rest) is { Success: true } builder)
            {
                _distribution = Distribution.Ubuntu;
                _architecture ??= MachineArchitecture.Canonical(builder.Groups["machine"].Value);
                return;
            }

            foreach ((string mark, Distribution distribution) in Builders)
            {
                if (rest.Contains(mark, StringComparison.OrdinalIgnoreCase))
                {
                    _distribution = distribution;
                    return;
                }
            }
        }

        /// <param name="version">What <c>uname -v</c> prints, and what follows it.</param>
        private void Version(string version)
        {
            if (UbuntuUpload().Match(version) is { Success: true } ubuntu)
            {
                _distribution = Distribution.Ubuntu;
                string release = _releases[^1];
                int flavour = release.IndexOf('-', release.IndexOf('-', StringComparison.Ordinal) + 1);
                if (flavour > 0) { _packageVersion = $"{release[..flavour]}.{ubuntu.Groups["upload"].Value}"; }
            }
            else if (DebianVersion().Match(version) is { Success: true } debian)
            {
                _distribution = Distribution.Debian;
                _packageVersion = debian.Groups["version"].Value;
            }
        }
    }
}
