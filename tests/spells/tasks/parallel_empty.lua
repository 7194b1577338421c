return select("#", parallel())
