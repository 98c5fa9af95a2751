from services.runtime.allocators import with_allocators


def test_an_operator_s_threshold_stays_and_what_polars_left_for_children_does_not() -> None:
    theirs = {"PATH": "/bin", "MALLOC_MMAP_THRESHOLD_": "65536", "_RJEM_MALLOC_CONF": "dirty_decay_ms:500"}
    settings = with_allocators(theirs)
    assert settings["PATH"] == "/bin"
    assert settings["MALLOC_MMAP_THRESHOLD_"] == "65536"
    assert settings["_RJEM_MALLOC_CONF"] != theirs["_RJEM_MALLOC_CONF"]
    assert "MALLOC_MMAP_THRESHOLD_" in with_allocators({})
