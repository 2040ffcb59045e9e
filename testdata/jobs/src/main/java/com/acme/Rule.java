package com.acme;

public class Rule {
    public String pattern;
    public double limit;
    public Kind kind;

    public Rule() {}

    public Rule(String pattern, double limit, Kind kind) {
        this.pattern = pattern;
        this.limit = limit;
        this.kind = kind;
    }
}
