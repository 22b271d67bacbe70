using DebugInfoFetch.Formats.Binary;

namespace DebugInfoFetch.Formats.Tests.Binary;

public sealed class InputFaultTests
{
    [Fact]
    public void A_fault_names_file_section_offset_and_value()
        => Assert.Equal("vmlinux: .debug_info+0x1f40: unknown form 0x99", InputFaultException.At("vmlinux", ".debug_info", 0x1f40, "unknown form 0x99").Message);

    [Fact]
    public void A_fault_is_one_line_whatever_a_file_puts_into_it()
        => Assert.Equal("p: main header+0x0: \"a??[31mb\" is no name", InputFaultException.At("p", "main header", 0, "\"a\n\u001b[31mb\" is no name").Message);
}
