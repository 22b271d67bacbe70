// Two machines at once would share two cores and only be slower.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
