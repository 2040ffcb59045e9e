package com.acme;

/** Neither a POJO nor anything else that Flink knows: only Kryo can write it. */
public final class Opaque {
    private final String text;
    private final int[] numbers;

    public Opaque(String text, int... numbers) {
        this.text = text;
        this.numbers = numbers;
    }

    @Override
    public String toString() {
        return text + numbers.length;
    }
}
