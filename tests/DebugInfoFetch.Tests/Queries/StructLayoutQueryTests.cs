using System.Text;
using System.Text.Json;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;
using DebugInfoFetch.TestKit.Model;
using static DebugInfoFetch.TestKit.Model.KernelModelBuilder;

namespace DebugInfoFetch.Tests.Queries;

public sealed class StructLayoutQueryTests
{
    private readonly KernelModelBuilder _kernel = new();

    [Fact]
    public void Json_has_the_documented_keys_and_absolute_offsets_in_bytes_and_bits()
    {
        TypeId flags = _kernel.Struct("", 4, Bits("on", _kernel.UnsignedInt, 0, 1), Bits("mode", _kernel.UnsignedInt, 1, 12));
        TypeId union = _kernel.Union("", 8, Member("raw", _kernel.U64, 0), Member("", flags, 0));
        TypeId named = _kernel.Struct("", 4, Member("k", _kernel.Int, 0));
        _kernel.Tag(
            TypeKind.Struct, "s", 32, "fs/s.c:7", "btrfs",
            Member("p", _kernel.PointerTo("other"), 0), Member("", union, 8), Member("pair", _kernel.Array(named, 2), 16),
            Member("tail", _kernel.Array(_kernel.Char, null), 24));

        Assert.Equal(
            """{"kind":"struct","name":"s","byteSize":32,"file":"fs/s.c","line":7,"module":"btrfs","members":["""
            + """{"name":"p","byteOffset":0,"byteSize":8,"type":"struct other *"},"""
            + """{"name":"","byteOffset":8,"byteSize":8,"type":"union {...}","members":["""
            + """{"name":"raw","byteOffset":8,"byteSize":8,"type":"u64"},"""
            + """{"name":"","byteOffset":8,"byteSize":4,"type":"struct {...}","members":["""
            + """{"name":"on","byteOffset":8,"byteSize":4,"type":"unsigned int","bitOffset":64,"bitSize":1},"""
            + """{"name":"mode","byteOffset":8,"byteSize":4,"type":"unsigned int","bitOffset":65,"bitSize":12}]}]},"""
            + """{"name":"pair","byteOffset":16,"byteSize":8,"type":"struct {...}[2]","members":["""
            + """{"name":"k","byteOffset":16,"byteSize":4,"type":"int"}]},"""
            + """{"name":"tail","byteOffset":24,"byteSize":0,"type":"char[]"}]}""",
            Json("s"));
    }

    [Fact]
    public void An_enums_json_has_enumerators()
    {
        _kernel.Enum("e", _kernel.UnsignedInt, new EnumeratorInfo("A", 0), new EnumeratorInfo("B", 7));

        Assert.Equal(
            """{"kind":"enum","name":"e","byteSize":4,"file":null,"line":null,"module":"","enumerators":[{"name":"A","value":0},{"name":"B","value":7}]}""",
            Json("e"));
    }

    [Fact]
    public void Every_layout_of_a_name_is_found_with_its_own_place()
    {
        _kernel.StructAt("fs/a.c:1", "twin", 4, Member("a", _kernel.Int, 0));
        _kernel.StructAt("net/b.c:2", "twin", 8, Member("b", _kernel.Long, 0));

        IReadOnlyList<StructLayout> found = Find("twin");

        Assert.Equal(["fs/a.c:1", "net/b.c:2"], found.Select(layout => layout.DeclaredAt.ToString()));
        Assert.Equal([4L, 8L], found.Select(layout => layout.ByteSize));
    }

    [Fact]
    public void A_keyword_chooses_between_a_struct_and_a_union_of_one_name()
    {
        _kernel.Struct("x", 4, Member("a", _kernel.Int, 0));
        _kernel.Union("x", 8, Member("b", _kernel.Long, 0));

        Assert.Equal(2, Find("x").Count);
        Assert.Equal(TypeKind.Union, Assert.Single(Find("union x")).Kind);
        Assert.Empty(Find("enum x"));
    }

    [Fact]
    public void A_typedef_of_a_named_struct_leads_to_its_definition()
    {
        _kernel.Struct("real", 4, Member("a", _kernel.Int, 0));
        _kernel.Typedef("alias", _kernel.Reference(TypeKind.Struct, "real"));

        StructLayout found = Assert.Single(Find("alias"));

        Assert.Equal((TypeKind.Struct, "real"), (found.Kind, found.Name));
    }

    [Fact]
    public void A_typedef_of_an_integer_is_no_layout()
        => Assert.Empty(Find("u64"));

    [Fact]
    public void A_member_behind_a_pointer_is_not_part_of_the_layout()
    {
        TypeId body = _kernel.Struct("", 4, Member("k", _kernel.Int, 0));
        _kernel.Struct("holder", 8, Member("p", _kernel.PointerTo(body), 0));

        LayoutMember member = Assert.Single(Assert.Single(Find("holder")).Members);

        Assert.Null(member.Inline);
        Assert.Empty(member.Members);
    }

    private IReadOnlyList<StructLayout> Find(string name) => new StructLayoutQuery(_kernel.Build()).Find(name);

    private string Json(string name)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            StructLayoutJson.Write(json, Assert.Single(Find(name)));
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
