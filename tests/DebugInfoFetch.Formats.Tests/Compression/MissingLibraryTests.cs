using DebugInfoFetch.Formats.Compression;

namespace DebugInfoFetch.Formats.Tests.Compression;

/// <summary>
/// A library is looked for once a process, so a missing one is shown on the loader alone here; the program as a whole is shown without it
/// by its environment variable.
/// </summary>
public sealed class MissingLibraryTests
{
    [Fact]
    public void A_missing_library_is_named_with_the_packages_that_hold_it()
    {
        Environment.SetEnvironmentVariable("DBGFETCH_TEST_LIBRARY", "/nowhere/liblzma.so.5");
        var fault = Assert.Throws<MissingLibraryException>(() => Load("liblzma.so.5", "DBGFETCH_TEST_LIBRARY"));
        Assert.Equal("/nowhere/liblzma.so.5 cannot be loaded, and reading xz needs it: install liblzma5 (Debian, Ubuntu) or xz-libs (Fedora, RHEL), "
            + "or name the file in DBGFETCH_TEST_LIBRARY", fault.Message);
    }

    [Fact]
    public void A_library_without_a_wanted_function_is_named_with_that_function()
    {
        var library = Load("libzstd.so.1", "DBGFETCH_TEST_NO_SUCH_VARIABLE");
        var fault = Assert.Throws<MissingLibraryException>(() => library.Function("lzma_code"));
        Assert.StartsWith("libzstd.so.1 has no lzma_code", fault.Message, StringComparison.Ordinal);
    }

    private static SystemLibrary Load(string fileName, string variable)
        => new(fileName, variable, "reading xz", "liblzma5 (Debian, Ubuntu) or xz-libs (Fedora, RHEL)");
}
