// Each of these tests uses both cores and gigabytes by itself: pahole, perf, rpmbuild and an index of a kernel side by side would only be slower,
// and a machine with 8 GB would not do.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
