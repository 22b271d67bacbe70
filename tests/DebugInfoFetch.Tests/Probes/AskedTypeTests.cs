using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Probes;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Probes;

/// <summary><c>:TYPE</c></summary>
public class AskedTypeTests : ProbeTests
{
    public AskedTypeTests() => Describe();

    private void Describe()
    {
        TypeId s = K.Struct("s", 256,
            Member("n", K.U32, 0), Member("name", K.Array(K.Char, 16), 8), Member("text", K.PointerTo(K.Char), 24), Member("data", K.PointerTo(K.UnsignedChar), 32),
            Member("id", K.Array(K.U8, 16), 40), Member("next", K.PointerTo("s"), 56), Member("names", K.Array(K.PointerTo(K.Char), 4), 64),
            Bits("bit", K.UnsignedInt, 768, 3), Member("any", K.PointerTo(TypeId.Void), 100), Member("dentry", K.PointerTo("dentry"), 112),
            Member("one", K.Struct("wrapped", 4, Member("v", K.Int, 0)), 120), Member("addr", K.UnsignedLong, 128), Member("file", K.PointerTo("file"), 136));
        TypeId qstr = K.Struct("qstr", 16, Member("name", K.PointerTo(K.Const(K.UnsignedChar)), 8));
        K.Struct("dentry", 64, Member("d_name", qstr, 32));
        TypeId path = K.Struct("path", 16, Member("dentry", K.PointerTo("dentry"), 8));
        K.Struct("file", 64, Member("f_path", path, 16));
        K.Function("f", "a.c:1", ("p", K.PointerTo(s)), ("n", K.Int), ("str", K.PointerTo(K.Const(K.Char))))
            .Entry("f", Text + 0x100, Place.Register(Di), Place.Register(Si), Place.Register(Dx));
    }

    [Theory]
    [InlineData("p->n:x32", "+0(%di):x32")]
    [InlineData("p->n:s32", "+0(%di):s32")]
    [InlineData("p->n:u8", "+0(%di):u8")]
    [InlineData("n:x32", "%si:x32")]
    [InlineData("p:x64", "%di:x64")]
    [InlineData("p:u64", "%di:u64")]
    [InlineData("p->one:s32", "+120(%di):s32")]
    [InlineData("p->id:x64", "+40(%di):x64")]
    public void Integers_that_fit_the_object_are_taken(string argument, string expected) => Assert.Equal(expected, Fetch("f", argument));

    [Theory]
    [InlineData("p->n:u64")]
    [InlineData("n:s64")]
    [InlineData("p->id:x8[17]")]
    [InlineData("p->n:u32[2]")]
    public void What_would_read_beyond_the_object_is_refused(string argument) => IsRefused(RefusalReason.NotFetchable, "would read", "f", argument);

    [Theory]
    [InlineData("str:string", "+0(%dx):string")]
    [InlineData("str:ustring", "+0(%dx):ustring")]
    [InlineData("p->text:string", "+0(+24(%di)):string")]
    [InlineData("p->name:string", "+8(%di):string")]
    [InlineData("p->data:string", "+0(+32(%di)):string")]
    [InlineData("p->any:string", "+0(+100(%di)):string")]
    [InlineData("p->id:string", "+40(%di):string")]
    [InlineData("p->names[1]:ustring", "+0(+72(%di)):ustring")]
    [InlineData("p->names:string[4]", "+64(%di):string[4]")]
    public void Text_follows_a_pointer_and_stays_at_an_array(string argument, string expected) => Assert.Equal(expected, Fetch("f", argument));

    [Theory]
    [InlineData("n:string")]
    [InlineData("p:string")]
    [InlineData("p->next:string")]
    [InlineData("p->n:string")]
    [InlineData("p->name:string[2]")]
    public void Text_of_what_is_none_is_refused(string argument) => IsRefused(RefusalReason.NotFetchable, "does not fit", "f", argument);

    [Theory]
    [InlineData("p->data:x8[32]", "+0(+32(%di)):x8[32]")]
    [InlineData("p:x8[8]", "+0(%di):x8[8]")]
    [InlineData("p->id:x8[4]", "+40(%di):x8[4]")]
    [InlineData("p->id:u32[4]", "+40(%di):u32[4]")]
    [InlineData("p->name:char[16]", "+8(%di):char[16]")]
    public void An_array_follows_a_pointer_and_stays_at_an_array(string argument, string expected) => Assert.Equal(expected, Fetch("f", argument));

    [Fact]
    public void An_array_of_a_register_is_refused() => IsRefused(RefusalReason.NotFetchable, "not in memory", "f", "n:u8[4]");

    [Theory]
    [InlineData("p->next:symbol", "+56(%di):symbol")]
    [InlineData("p->addr:symstr", "+128(%di):symstr")]
    [InlineData("p->dentry:%pd", "+112(%di):%pd")]
    public void Symbols_and_file_names_are_taken_from_pointers(string argument, string expected) => Assert.Equal(expected, Fetch("f", argument));

    [Theory]
    [InlineData("p->n:symbol")]
    [InlineData("p->next:%pd")]
    [InlineData("p->dentry:%pD")]
    public void Symbols_and_file_names_of_other_things_are_refused(string argument) => IsRefused(RefusalReason.NotFetchable, "does not fit", "f", argument);

    [Fact]
    public void A_file_name_counts_with_what_the_kernel_makes_of_it()
    {
        Assert.Equal("+112(+56(+56(+56(+56(%di))))):%pd", Fetch("f", "p->next->next->next->next->dentry:%pd"));
        IsRefused(RefusalReason.TooLong, "the kernel takes 63", "f", "p->next->next->next->next->next->next->dentry:%pd");
    }

    [Fact]
    public void A_bit_field_has_no_other_type()
    {
        Assert.Equal("+96(%di):b3@0/8", Fetch("f", "p->bit:b3@0/8"));
        IsRefused(RefusalReason.BadRequest, "leave :u32 out", "f", "p->bit:u32");
    }

    [Theory]
    [InlineData("p:u63")]
    [InlineData("p:int")]
    [InlineData("p->id:x8[0]")]
    [InlineData("p->id:x8[65]")]
    [InlineData("p->n:b3@6/8")]
    [InlineData("p->n:b0@0/8")]
    [InlineData("p:")]
    [InlineData("p->n:b3@0/8[2]")]
    [InlineData("p:symstr[2]")]
    public void What_is_no_type_of_the_kernel_is_refused(string argument) => IsRefused(RefusalReason.BadRequest, "no fetch type", "f", argument);

    [Theory]
    [InlineData("5.2.0", "str:ustring", "5.3")]
    [InlineData("4.19.1", "p->id", "4.20")]
    [InlineData("4.7.10", "$comm", "4.8")]
    [InlineData("5.3.0", "\\5", "5.4")]
    public void What_the_kernel_is_too_old_for_is_refused_with_the_version(string release, string argument, string since)
    {
        Assert.NotEmpty(Fetch("f", argument));
        K = new KernelModelBuilder(release);
        Describe();
        IsRefused(RefusalReason.NeedsNewerKernel, $"came with Linux {since}", "f", argument);
    }

    [Theory]
    [InlineData("6.1.180", "p->addr:symstr", "+128(%di):symbol")]
    [InlineData("4.19.1", "p->addr:symstr", "+128(%di)")]
    [InlineData("6.1.180", "p->name:char[16]", "+8(%di):x8[16]")]
    [InlineData("4.8.17", "n:x32", "%si:u32")]
    public void A_type_that_the_kernel_has_in_other_words_is_said_in_those(string release, string argument, string expected)
    {
        K = new KernelModelBuilder(release);
        Describe();
        Assert.Equal(expected, Fetch("f", argument));
        Assert.Contains(Lines("f", argument).Notes, n => n.Contains("this kernel is too old for that", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("p->dentry:%pd", "dentry=+0(+40(+112(%di))):string")]
    [InlineData("p->file:%pD", "file=+0(+40(+24(+136(%di)))):string")]
    public void A_file_s_name_is_spelled_out_for_a_kernel_that_cannot(string argument, string expected)
    {
        K = new KernelModelBuilder("6.6.0");
        Describe();
        Assert.Equal($"p:f f {expected}", Line("f", argument));
    }
}
