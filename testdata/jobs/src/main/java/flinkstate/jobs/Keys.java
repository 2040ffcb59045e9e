package flinkstate.jobs;

/** Keys that are unlike each other: empty, long, beyond ASCII and beyond the basic plane. */
final class Keys {
    static final int COUNT = 20;

    static String name(long n) {
        switch ((int) n) {
            case 0:
                return "";
            case 1:
                return "🦀 crab";
            case 2:
                return "naïve ключ 鍵";
            case 3:
                return "long ".repeat(30);
            case 4:
                return "nul \u0000 inside";
            default:
                return "key-" + n;
        }
    }

    static long number(long n) {
        switch ((int) n) {
            case 0:
                return Long.MIN_VALUE;
            case 1:
                return Long.MAX_VALUE;
            default:
                return n % 2 == 0 ? n : -n;
        }
    }

    private Keys() {}
}
