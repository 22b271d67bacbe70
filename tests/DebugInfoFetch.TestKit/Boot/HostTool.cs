namespace DebugInfoFetch.TestKit.Boot;

/// <summary>A program of the machine that the tests need. A missing one fails the test and names its package: never a skip.</summary>
public static class HostTool
{
    private static readonly string[] s_systemDirectories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>Full path of QEMU's emulator of x86-64 machines.</summary>
    public static string Qemu => Find("qemu-system-x86_64", "qemu-system-x86");

    /// <summary>Full path of a busybox that needs no libraries: the shell and all tools of the virtual machine.</summary>
    public static string Busybox => Find("busybox", "busybox-static");

    /// <summary>The full path of a program, looked for on PATH and where Debian installs system programs.</summary>
    /// <exception cref="InvalidOperationException">It is not installed; the message is the command that installs it.</exception>
    public static string Find(string program, string package)
    {
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return path.Concat(s_systemDirectories).Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"{program} is not installed: apt-get install --no-install-recommends {package}");
    }
}
