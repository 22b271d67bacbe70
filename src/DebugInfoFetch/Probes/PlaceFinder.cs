using DebugInfoFetch.Bodies;
using DebugInfoFetch.Index.Model;

namespace DebugInfoFetch.Probes;

/// <summary>From FUNCTION to the places in code that it means: entries of copies, or what is meant inside of them.</summary>
/// <param name="bodies">The inside of functions; null: only entries are found.</param>
internal sealed class PlaceFinder(IKernelModel model, IBodies? bodies)
{
    private readonly FunctionFinder _functions = new(model);

    /// <param name="inlines">Inlined copies too.</param>
    /// <param name="callers">Where it is called, in the place of where it begins.</param>
    public Outcome<FoundFunction> Find(FunctionSpec function, bool inlines, bool callers = false)
    {
        bool isInside = function.Inside is not null || function.FileLine > 0 || inlines || callers;
        if (!isInside) { return _functions.Find(function); }
        if (function.AtReturn) { return new Refusal(RefusalReason.BadRequest, "neither an inlined copy nor a call has a return that could be probed: leave %return out"); }
        if (bodies is null) { return new Refusal(RefusalReason.NoDebugFile, "the inside of functions needs the kernel's debug file", "name it: --elf FILE"); }
        try
        {
            if (function.FileLine > 0) { return new FileLineFinder(model, bodies).Find(function, inlines); }
            Outcome<FoundFunction> found = _functions.Find(function, inlines);
            if (callers) { return found.Value is { } called ? new CallerFinder(model, bodies).Find(function, called) : found; }
            return found.Value is { } copies ? new InsideFinder(model, bodies).Find(function, copies, inlines) : found;
        }
        catch (ModuleFileException e) { return new Refusal(RefusalReason.NoDebugFile, e.Message, e.Hints); }
    }
}
