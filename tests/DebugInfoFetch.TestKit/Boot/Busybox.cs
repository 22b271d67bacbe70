namespace DebugInfoFetch.TestKit.Boot;

/// <summary>The shell and all tools of the virtual machine; on the host, the decompressor of its modules.</summary>
public static class Busybox
{
    public static string Find() => HostTool.Find("busybox", "busybox-static");
}
