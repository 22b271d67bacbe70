using DebugInfoFetch.Bodies;
using DebugInfoFetch.Formats.Dwarf;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Tests.Bodies;

public sealed class FunctionBodyTests : IDisposable
{
    private readonly BodyKernel _kernel = new();

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void Scopes_are_nested_as_in_the_source()
    {
        FunctionBody body = Body(BodyKernel.F + 3);
        Assert.Equal(("f", new SourceLocation("a.c", 10), BodyKernel.F), (body.Root.Name, body.Root.DeclaredAt!.Value, body.Root.EntryPc));
        BodyScope inlined = Assert.Single(body.Root.Children);
        Assert.Equal((BodyScopeKind.Inlined, "g", new SourceLocation("a.c", 12), BodyKernel.F + 9), (inlined.Kind, inlined.Name, inlined.CallSite!.Value, inlined.EntryPc));
        Assert.Same(inlined, body.FunctionAt(BodyKernel.F + 11));
        Assert.Same(body.Root, body.FunctionAt(BodyKernel.F + 12));
        Assert.Null(_kernel.Bodies.At("vmlinux", ".text", BodyKernel.Text + 1));
    }

    [Fact]
    public void A_variable_is_where_the_list_says_at_that_very_address()
    {
        Assert.Equal(new ArgumentPlace(PlaceKind.Register, 5), PlaceOf("p", 9));
        Assert.Equal(new ArgumentPlace(PlaceKind.Register, 6), PlaceOf("p", 12));
        Assert.Equal((PlaceKind.AtEntryOnly, 5), (PlaceOf("p", 29).Kind, PlaceOf("p", 29).Register));
        Assert.Equal(new ArgumentPlace(PlaceKind.Later, Value: 7), PlaceOf("v", 5));
        Assert.Equal(PlaceKind.OptimizedOut, PlaceOf("v", 29).Kind);
    }

    [Fact]
    public void The_frame_follows_the_stack_pointer()
    {
        // CFA is rsp + 8 up to the push at +5, and rsp + 16 behind it; a single expression does not hold in the prologue.
        Assert.Equal(PlaceKind.Later, PlaceOf("onstack", 5).Kind);
        Assert.Equal(new ArgumentPlace(PlaceKind.Memory, 7, -4), PlaceOf("onstack", 12));
    }

    [Fact]
    public void What_the_abstract_function_declares_and_the_copy_does_not_mention_is_optimized_out()
    {
        BodyScope inlined = Assert.Single(Body(BodyKernel.F).Root.Children);
        Assert.Equal(["q", "lost"], inlined.Variables.Select(v => v.Name));
        Assert.Equal(PlaceKind.OptimizedOut, inlined.Variables[1].Location.PlaceAt(BodyKernel.F + 9).Place.Kind);
    }

    [Fact]
    public void Where_an_inlined_copy_begins_its_parameters_can_be_named_also_when_its_first_range_is_empty()
    {
        var parameter = new BodyVariable("nd", true, default, null, 0, VariableLocation.None);
        BodyScope inlined = new() { Kind = BodyScopeKind.Inlined, EntryPc = 5, Ranges = [new AddressRange(12, 20)], Variables = [parameter] };
        Assert.Equal([parameter], FunctionBody.VisibleAt(inlined, 5));
        Assert.Equal([parameter], FunctionBody.VisibleAt(inlined, 12));
        Assert.Empty(FunctionBody.VisibleAt(inlined, 6));
    }

    [Fact]
    public void Types_of_variables_are_told_by_the_unit_and_structs_by_the_cache()
    {
        FunctionBody body = Body(BodyKernel.F);
        TypeInfo pointer = body.Types.Type(body.Root.Variables[0].Type);
        TypeInfo target = body.Types.Type(pointer.Target);
        Assert.Equal((TypeKind.Pointer, TypeKind.Struct, "s", true), (pointer.Kind, target.Kind, target.Name, target.IsReference));
        Assert.Equal("n", Assert.Single(Assert.Single(body.Types.Definitions(TypeKind.Struct, "s")).Members).Name);
    }

    [Fact]
    public void Calls_are_kept_with_what_they_pass()
    {
        CallSite call = Assert.Single(Body(BodyKernel.F).Calls);
        CallArgument argument = Assert.Single(call.Arguments);
        Assert.Equal((BodyKernel.F + 29, "clone", "gone"), (call.ReturnPc, call.Callee, argument.Parameter));
        Assert.Equal(new ArgumentPlace(PlaceKind.Register, 6), argument.Value.Place);
        Assert.Equal([new FoundCall(".text", BodyKernel.F + 24, BodyKernel.F + 29, BodyKernel.F + 29, false, true), new FoundCall(".text", BodyKernel.Quiet + 1, BodyKernel.Quiet + 6, BodyKernel.Quiet + 6, false, true)], _kernel.Bodies.CallsOf("vmlinux", ".text", BodyKernel.Clone));
        using var split = new BodyKernel(hasCode: false);
        Assert.Equal([new FoundCall(".text", null, BodyKernel.F + 29, BodyKernel.F + 29, false, false), new FoundCall(".text", null, BodyKernel.Quiet + 6, BodyKernel.Quiet + 6, false, false)], split.Bodies.CallsOf("vmlinux", ".text", BodyKernel.Clone));
    }

    [Theory]
    [InlineData(0, true, PatchKind.Ftrace)]
    [InlineData(2, false, PatchKind.Ftrace)]
    [InlineData(5, true, null)]
    [InlineData(7, false, null)]
    [InlineData(20, true, PatchKind.Bug)]
    [InlineData(22, true, PatchKind.JumpLabel)]
    [InlineData(31, true, PatchKind.Breakpoint)]
    [InlineData(24, true, null)]
    public void Code_is_decoded_and_what_the_kernel_rewrites_is_known(ulong offset, bool isBoundary, PatchKind? patch)
    {
        CodePlace place = _kernel.Bodies.CodeAt("vmlinux", ".text", BodyKernel.F, BodyKernel.F + offset);
        Assert.Equal((isBoundary, patch), (place.IsBoundary!.Value, place.Patch));
    }

    [Fact]
    public void A_file_without_code_cannot_tell()
    {
        using var split = new BodyKernel(hasCode: false);
        Assert.Null(split.Bodies.CodeAt("vmlinux", ".text", BodyKernel.F, BodyKernel.F + 5).IsBoundary);
    }

    private FunctionBody Body(ulong address) => _kernel.Bodies.At("vmlinux", ".text", address)!;

    private ArgumentPlace PlaceOf(string name, ulong offset) => Body(BodyKernel.F).Root.Variables.Single(v => v.Name == name).Location.PlaceAt(BodyKernel.F + offset).Place;
}
