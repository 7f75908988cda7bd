// Synapses of a layer: a memory of weights, row by row, a row for each source. An event of a source adds its row to the
// sums of all targets, one in a cycle. `clear` sets the sum of one target to 0.
module dense #(
    parameter SOURCES = 64,
    parameter TARGETS = 10,
    parameter PLACE = $clog2(SOURCES * TARGETS),
    parameter INDEX = $clog2(TARGETS)
) (
    input                     clock,
    input                     reset,
    input                     write,
    input [PLACE-1:0]         address,
    input signed [15:0]       weight,
    input                     event_valid,
    input [$clog2(SOURCES)-1:0] source,
    output                    busy,
    input                     clear,
    input [INDEX-1:0]         target,
    output signed [31:0]      sum
);
    reg signed [15:0] weights [0:SOURCES*TARGETS-1];
    reg signed [31:0] sums [0:TARGETS-1];
    reg [PLACE-1:0] row;
    reg [INDEX-1:0] column;
    reg adding;
    integer i;

    assign busy = adding;
    assign sum = sums[target];

    always @(posedge clock) begin
        if (write) weights[address] <= weight;
        if (reset) begin
            adding <= 0;
            for (i = 0; i < TARGETS; i = i + 1) sums[i] <= 0;
        end else if (event_valid && !adding) begin
            row <= PLACE'(source) * PLACE'(TARGETS);
            column <= 0;
            adding <= 1;
        end else if (adding) begin
            sums[column] <= sums[column] + 32'(weights[row + PLACE'(column)]);
            column <= column + 1;
            adding <= column != INDEX'(TARGETS - 1);
        end else if (clear) sums[target] <= 0;
    end
endmodule
