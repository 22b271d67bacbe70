namespace DebugInfoFetch.Probes.Grammar;

/// <summary><c>[GRP/]EVENT</c>. Without a group the kernel takes <c>kprobes</c>.</summary>
public sealed record ProbeEvent
{
    /// <exception cref="ArgumentException">A name that the kernel would not take.</exception>
    public ProbeEvent(string? group, string name)
    {
        if (group is not null && !KernelIdentifier.IsGroup(group))
        {
            throw new ArgumentException($"not a group name: {group}", nameof(group));
        }

        if (!KernelIdentifier.IsEvent(name)) { throw new ArgumentException($"not an event name: {name}", nameof(name)); }
        Group = group;
        Name = name;
    }

    public string? Group { get; }
    public string Name { get; }

    public override string ToString() => Group is null ? Name : $"{Group}/{Name}";
}
