package com.acme;

import org.apache.avro.reflect.Nullable;

/** Written by Avro's reflection. */
public class Reading {
    public long at;
    public float degrees;
    @Nullable public String sensor;
    public int[] samples;

    public Reading() {}

    public Reading(long at, float degrees, String sensor, int... samples) {
        this.at = at;
        this.degrees = degrees;
        this.sensor = sensor;
        this.samples = samples;
    }
}
