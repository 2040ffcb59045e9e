package com.acme;

/** A subclass that no job registers. */
public class Cat extends Animal {
    public int lives;

    public Cat() {}

    public Cat(String name, int lives) {
        super(name, 4);
        this.lives = lives;
    }
}
