using System.CommandLine;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Completion;
using DebugInfoFetch.Cli.Terminal;
using DebugInfoFetch.Index.Model;
using DebugInfoFetch.Queries;

namespace DebugInfoFetch.Cli.Commands;

internal static class StructCommand
{
    public static Command Create(CliHost host)
    {
        var options = KernelOptions.OfTypes();
        var names = new Argument<string[]>("NAME")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "A struct's, union's, enum's or typedef's name",
        };
        var all = new Option<bool>("--all") { Description = "Every struct and union that has a name" };
        var command = new DocumentedCommand("struct", "Layouts of structs: offsets, sizes, holes, cache lines")
        {
            Examples =
            [
                "struct --kernel 6.13.5-200.fc41 btrfs_block_group",
                "struct --kernel 6.13.5-200.fc41 'union thread_union' atomic_t",
                "struct --kernel 6.13.5-200.fc41 --all --json",
                "struct --elf fs/btrfs/btrfs.ko btrfs_block_group",
            ],
            CompleteArgument = NameCompletion.Structs,
        };
        command.Add(names);
        command.Add(all);
        options.AddTo(command);
        command.Validators.Add(result =>
        {
            bool hasNames = result.GetValue(names) is { Length: > 0 };
            if (hasNames == result.GetValue(all)) { result.AddError("struct takes either names or --all"); }
        });
        command.SetAction(parse =>
        {
            using IOpenTypes open = KernelAccess.OpenTypes(host, parse, options);
            var query = new StructLayoutQuery(open.Types);
            string? from = BtfMark.IsBtf(open) ? "btf" : null;
            bool isComplete = true;
            IEnumerable<StructLayout> layouts = query.All();
            if (!parse.GetValue(all))
            {
                var named = new List<StructLayout>();
                foreach (string name in parse.GetRequiredValue(names))
                {
                    IReadOnlyList<StructLayout> found = query.Find(name);
                    WriteNotes(host.Console, open.Types, name, found);
                    isComplete &= found.Count > 0;
                    named.AddRange(found);
                }

                layouts = named;
            }

            if (parse.GetValue(options.Json)) { host.Console.JsonLines(layouts, (json, layout) => StructLayoutJson.Write(json, layout, from)); }
            else { WriteText(host.Console, open.Types, layouts); }
            if (!isComplete && open is IOpenKernel { Model: var model } && IndexedPart.Hint(model) is { } part) { host.Console.Hint(part); }
            return (int)(isComplete ? ExitCode.Success : ExitCode.Refused);
        });
        return command;
    }

    private static void WriteNotes(CliConsole console, ITypeModel model, string name, IReadOnlyList<StructLayout> found)
    {
        if (found.Count == 0)
        {
            console.Fault($"no struct, union, enum or typedef {name} in what is indexed of {model.Kernel.Release}");
            IReadOnlyList<string> similar = model.SimilarTypeNames(name, 3);
            if (similar.Count > 0) { console.Hint($"did you mean {string.Join(" or ", similar)}?"); }
        }
        else if (found.Count > 1)
        {
            console.Note($"{name} has {found.Count} layouts in this kernel:");
            foreach (StructLayout layout in found)
            {
                console.Hint($"{layout.DeclaredAt?.ToString() ?? "declared at an unknown place"} ({layout.ByteSize} bytes, {layout.Module})");
            }
        }
    }

    private static void WriteText(CliConsole console, ITypeModel model, IEnumerable<StructLayout> layouts)
    {
        var text = new StructLayoutText(model, console.Output, StructLayoutText.CacheLineSize(model.Kernel.Architecture));
        bool isFirst = true;
        foreach (StructLayout layout in layouts)
        {
            if (!isFirst) { console.Output.Write('\n'); }
            isFirst = false;
            text.Write(layout);
        }
    }
}
