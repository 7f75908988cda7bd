// A layer: synapses and neurons. A step is the events of its sources, each when the layer is not busy, and then `go`.
module layer #(
    parameter SOURCES = 64,
    parameter NEURONS = 10,
    parameter PLACE = $clog2(SOURCES * NEURONS),
    parameter INDEX = $clog2(NEURONS)
) (
    input                     clock,
    input                     reset,
    input                     write_weight,
    input                     write_bias,
    input [PLACE-1:0]         address,
    input signed [31:0]       value,
    input signed [15:0]       keep_u,
    input signed [15:0]       keep_v,
    input signed [31:0]       theta,
    input      [4:0]          shift,     // what arrives is sum*2^shift
    input                     event_valid,
    input [$clog2(SOURCES)-1:0] source,
    input                     go,
    output                    busy,
    output     [NEURONS-1:0]  spikes
);
    reg updating;
    reg [INDEX-1:0] neuron;
    wire adding;
    wire signed [31:0] sum;

    assign busy = adding || updating;

    dense #(.SOURCES(SOURCES), .TARGETS(NEURONS)) synapses (
        .clock(clock), .reset(reset), .write(write_weight), .address(address), .weight(value[15:0]),
        .event_valid(event_valid), .source(source), .busy(adding), .clear(updating), .target(neuron), .sum(sum));

    cuba_lif #(.NEURONS(NEURONS)) neurons (
        .clock(clock), .reset(reset), .write_bias(write_bias), .address(address[INDEX-1:0]), .bias(value),
        .keep_u(keep_u), .keep_v(keep_v), .theta(theta),
        .update(updating), .neuron(neuron), .arrived(48'(sum) <<< shift), .spikes(spikes));

    always @(posedge clock) begin
        if (reset) begin
            updating <= 0;
            neuron <= 0;
        end else if (go && !busy) begin
            updating <= 1;
            neuron <= 0;
        end else if (updating) begin
            neuron <= neuron == INDEX'(NEURONS - 1) ? 0 : neuron + 1;
            updating <= neuron != INDEX'(NEURONS - 1);
        end
    end
endmodule
