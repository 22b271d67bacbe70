using DebugInfoFetch.Cli;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;

using CliConsole console = CliConsole.OfProcess();
return await Application.RunAsync(args, new CliHost(console, KernelBackend.OpenStore, KernelBackend.CreateFetcher)).ConfigureAwait(false);
