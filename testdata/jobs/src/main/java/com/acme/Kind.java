package com.acme;

public enum Kind {
    RETAIL,
    WHOLESALE,
    /** Not in use by any order, so that the set of names is more than the set of values. */
    INTERNAL
}
