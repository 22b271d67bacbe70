using System.Buffers;
using System.Text;
using System.Text.Json;

namespace DebugInfoFetch.Cli.Terminal;

/// <summary>
/// Where the program writes: answers, and nothing but answers, to <see cref="Output"/>; progress, notes and errors to <see cref="Error"/>.
/// </summary>
public sealed class CliConsole(Stream output, TextWriter error, TextReader input, Func<string, string?> environment) : IDisposable
{
    private const int BufferSize = 64 * 1024;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    // Names may hold any byte; what a terminal or a JSON reader must not see is escaped, and "->" stays readable.
    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Stream _output = output;
    private readonly StreamWriter _text = new(output, Utf8, BufferSize, leaveOpen: true) { NewLine = "\n" };

    public TextWriter Output => _text;
    public TextWriter Error { get; } = error;
    public TextReader Input { get; } = input;
    public bool OutputIsTerminal { get; init; }
    public bool ErrorIsTerminal { get; init; }
    public Func<string, string?> Environment { get; } = environment;

    public Ansi OutputColours => new(OutputIsTerminal && WantsColours);
    public Ansi ErrorColours => new(ErrorIsTerminal && WantsColours);
    public bool WantsColours => string.IsNullOrEmpty(Environment("NO_COLOR")) && Environment("TERM") != "dumb";

    public static CliConsole OfProcess()
    {
        var error = new StreamWriter(new StandardStream(StandardStream.Error), Utf8, 1024) { AutoFlush = true, NewLine = "\n" };
        return new(new StandardStream(StandardStream.Output), error, new ProcessInput(), System.Environment.GetEnvironmentVariable)
        {
            OutputIsTerminal = StandardStream.IsTerminal(StandardStream.Output),
            ErrorIsTerminal = StandardStream.IsTerminal(StandardStream.Error),
        };
    }

    /// <summary>One line that people should know besides the answer.</summary>
    public void Note(string text) => Error.Write($"{ErrorColours.Cyan("#")} {text}\n");

    public void Fault(string text) => Error.Write($"{ErrorColours.Red("dbgfetch:")} {text}\n");

    /// <summary>A line that belongs to the fault or note above it.</summary>
    public void Hint(string text) => Error.Write($"  {text}\n");

    /// <summary>Writes one JSON value and a line feed.</summary>
    public void Json(Action<Utf8JsonWriter> write) => JsonLines([write], static (json, item) => item(json));

    /// <summary>Writes one JSON value a line, one writer for all of them.</summary>
    /// <returns>How many.</returns>
    public int JsonLines<T>(IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        _text.Flush();
        var buffer = new ArrayBufferWriter<byte>(2 * BufferSize);
        using var json = new Utf8JsonWriter(buffer, JsonOptions);
        int count = 0;
        foreach (T item in items)
        {
            write(json, item);
            json.Flush();
            json.Reset();
            buffer.Write("\n"u8);
            count++;
            if (buffer.WrittenCount < BufferSize) { continue; }
            _output.Write(buffer.WrittenSpan);
            buffer.ResetWrittenCount();
        }

        _output.Write(buffer.WrittenSpan);
        return count;
    }

    public void Flush() => _text.Flush();

    public void Dispose() => _text.Dispose();

    /// <summary>Standard input, opened when it is read.</summary>
    private sealed class ProcessInput : TextReader
    {
        public override string ReadToEnd() => Console.In.ReadToEnd();
        public override string? ReadLine() => Console.In.ReadLine();
        public override int Peek() => Console.In.Peek();
        public override int Read() => Console.In.Read();
    }
}
