"""The environment of processes that run the engine. The linear algebra and glibc read it when a process starts."""

ENGINE_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # such a process has one core, and further threads would only wait for it
    "OMP_NUM_THREADS": "1",
    # glibc keeps freed memory. Arrays of a megabyte would else be mapped anew each time, which takes a tenth of the
    # processor time.
    "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
}
