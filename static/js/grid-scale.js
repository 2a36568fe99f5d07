/* Grid, its scale: rows to pixels, beyond what an element may measure. */
(() => {
  const TALLEST_PX = 12_000_000; // browsers cut elements at 17 to 33 million pixels

  /** Rows to pixels. Past TALLEST_PX the scrollbar is a map: exact near both ends, denser between. */
  class Scale {
    constructor(row) { this.row = row; this.full = this.height = this.view = 0; }

    /** `full` and `view` in pixels. */
    fit(full, view) {
      this.view = view;
      this.full = Math.max(full, 1);
      this.height = Math.min(this.full, TALLEST_PX);
      this.end = Math.max(0, this.full - view); // the furthest place …
      this.stop = Math.max(0, this.height - view); // … and where the scrollbar stands there
      this.exact = Math.min(400_000, this.stop / 4);
      this.dense = (this.end - 2 * this.exact) / Math.max(1, this.stop - 2 * this.exact);
    }

    get mapped() { return this.full > this.height; }

    toScroll(place) {
      if (!this.mapped || place <= this.exact) return place;
      if (place >= this.end - this.exact) return this.stop - (this.end - place);
      return this.exact + (place - this.exact) / this.dense;
    }

    toPlace(scroll) {
      if (!this.mapped || scroll <= this.exact) return scroll;
      if (scroll >= this.stop - this.exact) return this.end - (this.stop - scroll);
      return this.exact + (scroll - this.exact) * this.dense;
    }
  }

  window.rounds.Scale = Scale;
})();
