using DebugInfoFetch.Cli;
using DebugInfoFetch.Cli.Backend;
using DebugInfoFetch.Cli.Terminal;

return await Application.RunAsync(args, new CliHost(CliConsole.OfProcess(), KernelBackend.OpenStore, KernelBackend.CreateFetcher)).ConfigureAwait(false);
