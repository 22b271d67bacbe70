using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;
using DebugInfoFetch.TestKit.Model;

namespace DebugInfoFetch.Tests.Queries;

public class TypeSpellingTests
{
    private readonly KernelModelBuilder _k = new();

    private string Spell(TypeId type) => new TypeSpelling(_k.Build()).Spell(type);

    private string Declare(TypeId type, string name) => new TypeSpelling(_k.Build()).Declare(type, name);

    [Fact]
    public void A_pointer_to_a_struct_keeps_its_keyword() => Assert.Equal("struct list_head *", Spell(_k.PointerTo("list_head")));

    [Fact]
    public void A_typedef_is_spelled_by_its_name() => Assert.Equal("u64", Spell(_k.U64));

    [Fact]
    public void Nothing_is_void()
    {
        Assert.Equal("void", Spell(TypeId.Void));
        Assert.Equal("void *", Spell(_k.PointerTo(TypeId.Void)));
    }

    [Fact]
    public void Dimensions_of_an_array_stand_in_the_order_of_the_source()
        => Assert.Equal("int m[2][3]", Declare(_k.Array(_k.Array(_k.Int, 3), 2), "m"));

    [Fact]
    public void An_open_array_has_empty_brackets() => Assert.Equal("char name[]", Declare(_k.Array(_k.Char, null), "name"));

    [Fact]
    public void A_pointer_to_an_array_needs_parentheses_and_an_array_of_pointers_none()
    {
        Assert.Equal("int (*p)[4]", Declare(_k.PointerTo(_k.Array(_k.Int, 4)), "p"));
        Assert.Equal("int *p[4]", Declare(_k.Array(_k.PointerTo(_k.Int), 4), "p"));
    }

    [Fact]
    public void A_function_pointer_is_spelled_with_its_prototype()
        => Assert.Equal("int (*open)(struct inode *, struct file *)",
            Declare(_k.PointerTo(_k.FunctionType(_k.Int, _k.PointerTo("inode"), _k.PointerTo("file"))), "open"));

    [Fact]
    public void A_function_without_parameters_takes_void()
        => Assert.Equal("void (*)(void)", Spell(_k.PointerTo(_k.FunctionType(TypeId.Void))));

    [Fact]
    public void A_function_that_returns_a_function_pointer_is_read_inside_out()
    {
        TypeId handler = _k.PointerTo(_k.FunctionType(TypeId.Void, _k.Int));
        Assert.Equal("void (*(*signal)(int))(int)", Declare(_k.PointerTo(_k.FunctionType(handler, _k.Int)), "signal"));
    }

    [Fact]
    public void A_qualifier_of_the_pointer_stands_behind_the_star()
    {
        Assert.Equal("const char *", Spell(_k.PointerTo(_k.Const(_k.Char))));
        Assert.Equal("char *const", Spell(_k.Const(_k.PointerTo(_k.Char))));
        Assert.Equal("const volatile int", Spell(_k.Const(_k.Volatile(_k.Int))));
    }

    [Fact]
    public void A_pointer_to_a_const_array_keeps_its_parentheses()
        => Assert.Equal("const int (*p)[4]", Declare(_k.PointerTo(_k.Const(_k.Array(_k.Int, 4))), "p"));

    [Fact]
    public void What_has_no_name_is_spelled_with_braces() => Assert.Equal("union {...}", Spell(_k.Union("", 8)));

    [Fact]
    public void A_bit_field_carries_its_width()
        => Assert.Equal("unsigned int:3", new TypeSpelling(_k.Build()).Spell(_k.UnsignedInt, 3));

    [Fact]
    public void A_type_that_contains_itself_does_not_hang()
    {
        var loop = new TypeId(_k.PointerTo(TypeId.Void).Value + 1);
        Assert.Equal(loop, _k.Volatile(loop));
        Assert.Contains("...", Spell(loop), StringComparison.Ordinal);
    }
}
